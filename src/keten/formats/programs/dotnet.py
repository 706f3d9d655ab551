""".NET in PE files: what an assembly calls itself, and what its version resource says.

By ECMA-335, partition II: the CLI header (25.3.3), the metadata root and its streams (24.2), the
tables as far as to the Assembly table (24.2.6, 22.2). The version resource is by Microsoft's PE
Format and VERSIONINFO. Every figure is a claim and is cut to the bytes that are there.
"""

import struct
from collections.abc import Iterator
from struct import Struct as Packed

from msgspec import Struct

from keten.errors import InputError
from keten.formats.programs import pe
from keten.formats.programs.executable import Buffer, Layout, find

MAX_STREAMS = 64
MAX_TEXT = 1024
"""The longest name, in bytes."""
MAX_STRINGS = 32 << 20
"""How far the heap of strings is searched."""
MAX_RESOURCE = 64 << 10
"""The largest version resource, in bytes."""
MAX_ENTRIES = 4096
"""The most entries of one folder of resources, and of strings of a version."""
_RESOURCES, _CLI = 2, 14
_VERSION = 16
_ASSEMBLY = 0x20
_REFERENCE = b"\0ReferenceAssemblyAttribute\0"

# The columns of the tables before Assembly (22.2 and after): a digit is so many bytes, S, G and B
# an index into a heap, xx an index into table 0xxx, a word one into any of the tables of _CODED.
_TABLES = (
    "2 S G G G", "scope S S", "4 S S type x04 x06", "x04", "2 S B", "x06", "4 2 2 S B x08", "x08",
    "2 2 S", "x02 type", "parent S B", "2 constant B", "attribute made B", "marshal B",
    "2 security B", "2 4 x02", "4 x04", "B", "x02 x14", "x14", "2 S type", "x02 x17", "x17",
    "2 S B", "2 x06 semantics", "x02 method method", "S", "B", "2 forwarded S x1A", "4 x04", "4 4",
    "4",
)  # fmt: skip
_CODED: dict[str, tuple[int, tuple[int, ...]]] = {
    "type": (2, (0x02, 0x01, 0x1B)),
    "constant": (2, (0x04, 0x08, 0x17)),
    "attribute": (5, (6, 4, 1, 2, 8, 9, 0xA, 0, 0xE, 0x17, 0x14, 0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26,
                      0x27, 0x28, 0x2A, 0x2C, 0x2B)),
    "marshal": (1, (0x04, 0x08)),
    "security": (2, (0x02, 0x06, 0x20)),
    "parent": (3, (0x02, 0x01, 0x1A, 0x06, 0x1B)),
    "semantics": (1, (0x14, 0x17)),
    "method": (1, (0x06, 0x0A)),
    "forwarded": (1, (0x04, 0x06)),
    "made": (3, (0x06, 0x0A)),
    "scope": (2, (0x00, 0x1A, 0x23, 0x01)),
}  # fmt: skip


class Assembly(Struct, frozen=True):
    """One assembly: *name*, *version* of four parts, *culture* ("" for code).

    *resource* is what the version resource says (``ProductVersion``, ``FileVersion``,
    ``CompanyName``), *reference*: it is there to compile against, and has no code.
    """

    name: str
    version: str
    culture: str = ""
    resource: dict[str, str] = {}
    reference: bool = False


class _Streams(Struct, frozen=True):
    tables: tuple[int, int]
    strings: tuple[int, int]


def assembly(data: Buffer) -> Assembly | None:
    """Return what a PE file says as an assembly; None for one that is none (or a mere module).

    InputError where its metadata are not what the format says.
    """
    try:
        parts = pe.layout(data)
        base, folders = pe.directories(data)
    except InputError:
        return None  # a program of DOS, or what only begins as one
    if len(folders) <= _CLI or not all(folders[_CLI]):
        return None
    try:
        found = _assembly(data, parts, base, at=base + folders[_CLI][0])
    except struct.error:
        raise InputError("a .NET assembly that ends in its metadata") from None
    if found is None:
        return None
    name, version, culture, reference = found
    try:
        resource = dict(_resource(data, parts, base, *folders[_RESOURCES]))
    except struct.error:
        resource = {}
    return Assembly(name, version, culture, resource, reference)


def _place(parts: Layout, address: int) -> tuple[int, int]:
    found = parts.offset(address)
    if found is None:
        raise InputError("a .NET assembly whose parts lie beyond its sections")
    return found


def _assembly(
    data: Buffer, parts: Layout, base: int, *, at: int
) -> tuple[str, str, str, bool] | None:
    header, _ = _place(parts, at)
    address, size = struct.unpack_from("<II", data, header + 8)
    root, room = _place(parts, base + address)
    streams = _streams(data, root, min(size, room))
    row = _row(data, streams)
    if row is None:
        return None
    start, wide_strings, wide_blobs = row
    numbers = struct.unpack_from("<HHHH", data, start + 4)
    index = Packed("<I" if wide_strings else "<H")
    at = start + 16 + (4 if wide_blobs else 2)
    (name,) = index.unpack_from(data, at)
    (culture,) = index.unpack_from(data, at + index.size)
    heap, length = streams.strings
    reference = find(data, _REFERENCE, heap, heap + min(length, MAX_STRINGS)) >= 0
    return (
        _string(data, streams, name),
        ".".join(map(str, numbers)),
        _string(data, streams, culture),
        reference,
    )


def _streams(data: Buffer, root: int, size: int) -> _Streams:
    """Read the metadata root (24.2.1) and the stream headers (24.2.2)."""
    if bytes(data[root : root + 4]) != b"BSJB":
        raise InputError("a .NET assembly without metadata")
    (length,) = struct.unpack_from("<I", data, root + 12)
    at = root + 16 + (min(length, 255) + 3 & ~3)
    (count,) = struct.unpack_from("<H", data, at + 2)
    at += 4
    found: dict[bytes, tuple[int, int]] = {}
    for _ in range(min(count, MAX_STREAMS)):
        offset, length = struct.unpack_from("<II", data, at)
        name = bytes(data[at + 8 : at + 40]).partition(b"\0")[0]
        offset = min(offset, size)
        found.setdefault(name, (root + offset, min(length, size - offset)))
        at += 8 + (len(name) + 4 & ~3)
    tables = found.get(b"#~") or found.get(b"#-")
    if tables is None:
        raise InputError("a .NET assembly without tables")
    return _Streams(tables, found.get(b"#Strings", (root, 0)))


def _row(data: Buffer, streams: _Streams) -> tuple[int, bool, bool] | None:
    """Return where the row of the Assembly table is; None where the file has none (24.2.6)."""
    start, size = streams.tables
    heaps, valid = struct.unpack_from("<BxQ", data, start + 6)
    if not valid >> _ASSEMBLY & 1:
        return None
    at = start + 24
    rows = [0] * 64
    for table in range(64):
        if valid >> table & 1:
            (rows[table],) = struct.unpack_from("<I", data, at)
            at += 4
    at += 4 if heaps & 0x40 else 0
    wide = {"S": bool(heaps & 1), "G": bool(heaps & 2), "B": bool(heaps & 4)}
    at += sum(rows[n] * _width(columns, rows, wide) for n, columns in enumerate(_TABLES) if rows[n])
    if not rows[_ASSEMBLY]:
        return None
    if at + 16 > start + size:
        raise InputError("a .NET assembly whose tables lie beyond its end")
    return at, wide["S"], wide["B"]


def _width(columns: str, rows: list[int], wide: dict[str, bool]) -> int:
    """Return how many bytes a row of a table has."""
    total = 0
    for column in columns.split():
        if column.isdigit():
            total += int(column)
        elif column in wide:
            total += 4 if wide[column] else 2
        elif column[0] == "x":
            total += 4 if rows[int(column[1:], 16)] >> 16 else 2
        else:
            bits, tables = _CODED[column]
            total += 4 if max(rows[table] for table in tables) >> (16 - bits) else 2
    return total


def _string(data: Buffer, streams: _Streams, index: int) -> str:
    start, size = streams.strings
    if not 0 < index < size:
        return ""
    room = min(size - index, MAX_TEXT)
    text, end, _ = bytes(data[start + index : start + index + room]).partition(b"\0")
    return text.decode("utf-8", "replace") if end else ""


def _resource(
    data: Buffer, parts: Layout, base: int, address: int, size: int
) -> Iterator[tuple[str, str]]:
    """Yield the strings of the version resource: a tree of type, name and language."""
    found = parts.offset(base + address) if address and size else None
    if found is None:
        return
    root, room = found
    at = 0
    for kind in (_VERSION, None, None):
        entry = _entry(data, root + at, kind)
        if entry is None:
            return
        at = entry & 0x7FFFFFFF
        if at >= room:
            return
    place, length = struct.unpack_from("<II", data, root + at)
    inside = parts.offset(base + place)
    if inside is not None:
        yield from _strings(
            bytes(data[inside[0] : inside[0] + min(length, inside[1], MAX_RESOURCE)])
        )


def _entry(data: Buffer, at: int, kind: int | None) -> int | None:
    """Return where the entry called *kind* leads to, or the first one."""
    named, numbered = struct.unpack_from("<HH", data, at + 12)
    for number in range(min(named + numbered, MAX_ENTRIES)):
        name, leads = struct.unpack_from("<II", data, at + 16 + 8 * number)
        if kind is None or name == kind:
            return int(leads)
    return None


def _strings(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield key and value of each String of the first StringTable (VS_VERSIONINFO)."""
    mark = "StringFileInfo\0".encode("utf-16-le")
    at = data.find(mark)
    if at < 0:
        return
    at += len(mark)
    at += -at % 4
    if at + 6 > len(data):
        return
    end = at + struct.unpack_from("<H", data, at)[0]
    at += 6 + 18  # eight hexadecimal digits of language and code page, and their end
    at += -at % 4
    end = min(end, len(data))
    for _ in range(MAX_ENTRIES):
        if at + 6 > end:
            return
        length, words, _ = struct.unpack_from("<HHH", data, at)
        if length < 6:  # noqa: PLR2004 its own head
            return
        text = data[at + 6 : min(at + length, end)]
        key = _utf16(text)
        # Behind the key and its end, from where four divides the place in the resource.
        value = 6 + 2 * len(key) + 2
        value += -(at + value) % 4
        yield key, _utf16(data[at + value : min(at + value + 2 * words, at + length, end)])
        at += length + -length % 4


def _utf16(data: bytes) -> str:
    text = data[: len(data) & ~1].decode("utf-16-le", "replace")
    return text.partition("\0")[0][:MAX_TEXT]
