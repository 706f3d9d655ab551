"""The functions that are linked into a Go program, out of its table of function names.

Every Go program has that table (pclntab: tracebacks need it), stripped or not. The names of
inlined functions are in it too. Layouts of Go 1.2, 1.16, 1.18 and 1.20; see debug/gosym and
internal/abi in Go's source.
"""

import re
import struct
from struct import Struct as Packed

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.programs.executable import Buffer, Layout, find

MAX_TABLE = 64 << 20
"""The largest table of function names, in bytes; kube-apiserver's has 11 MB."""
MAX_FUNCTIONS = 1_000_000
MAX_TEXT = 16 << 20
"""The most bytes of names that are kept."""
_TRIES = 16
_V12, _V116, _V118, _V120 = 0xFFFFFFFB, 0xFFFFFFFA, 0xFFFFFFF0, 0xFFFFFFF1
# Which word of the header tells where the names begin; the next tells where they end.
_WORD = {_V116: 2, _V118: 3, _V120: 3}

# What the compiler makes of a function: closures, wrappers, loop bodies.
_MADE = lazy(rb"(?:\.(?:func|gowrap|deferwrap|dwrap)?[0-9][^\0]*|-(?:fm|range[0-9])[^\0]*)(?=\0)")
_ESCAPE = lazy(r"%([0-9a-f]{2})")


def functions(data: Buffer, parts: Layout, modules: frozenset[str]) -> dict[str, str]:
    """Return the linked functions of *modules* and the standard library by package path.

    A package's functions are one text, names sorted and separated by a space, spelled as
    vulnerability reports do: ``Decode``, ``Decoder.Decode`` for methods of both kinds, no type
    parameters; what the compiler made of a function counts as it. InputError without a table.
    """
    table = _names(data, parts)
    table = table.replace(b"(*", b"").replace(b")", b"")
    if b"[" in table:
        table = b"\0".join([_plain(name) for name in table.split(b"\0")])
    # The pattern is linear because every name ends with a zero byte.
    names = set(_MADE.sub(b"", table + b"\0").split(b"\0"))
    if len(names) > MAX_FUNCTIONS:
        raise CeilingError(f"more than {MAX_FUNCTIONS:,} functions")
    return _kept(_grouped(names), modules)


def _plain(name: bytes) -> bytes:
    """Leave out type parameters: of all brackets the outermost."""
    at = name.find(b"[")
    return name if at < 0 else name[:at] + name[name.rfind(b"]") + 1 :]


def _grouped(names: set[bytes]) -> dict[bytes, list[bytes]]:
    """Split each name at the first point behind the last slash."""
    found: dict[bytes, list[bytes]] = {}
    for name in names:
        slash = name.rfind(b"/") + 1
        point = name.find(b".", slash)
        if point > 0:
            package = name[:point]
            same = found.get(package)
            if same is None:
                found[package] = [name[point + 1 :]]
            else:
                same.append(name[point + 1 :])
    return found


def _kept(found: dict[bytes, list[bytes]], modules: frozenset[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    size = 0
    for raw, names in found.items():
        package = raw.decode("utf-8", "replace")
        if "%" in package:
            package = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), package)
        if not _ours(package, modules):
            continue
        text = b" ".join(sorted(names)).decode("utf-8", "replace").strip()
        size += len(text)
        if size > MAX_TEXT:
            raise CeilingError(f"names of functions of more than {MAX_TEXT:,} bytes")
        kept[package] = text
    return {package: kept[package] for package in sorted(kept)}


def _ours(package: str, modules: frozenset[str]) -> bool:
    """Return whether a package is of the standard library or of one of *modules*."""
    first = package.partition("/")[0]
    if "." not in first:
        return first.isidentifier() and first not in ("go", "type")
    end = len(package)
    while end > 0:
        if package[:end] in modules:
            return True
        end = package.rfind("/", 0, end)
    return False


def _names(data: Buffer, parts: Layout) -> bytes:
    """Return the table of names, each ended by a zero byte."""
    place = parts.section(".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab")
    if place is not None:
        starts = [place.offset]
        ends = [place.offset + place.size]
    else:
        starts, ends = _searched(data, parts)
    for start, end in zip(starts, ends, strict=True):
        table = _table(data, start, end)
        if table is not None:
            return table
    raise InputError("a Go program without a table of its functions that keten can read")


def _searched(data: Buffer, parts: Layout) -> tuple[list[int], list[int]]:
    """Find the table's header by its first eight bytes in what is loaded into memory."""
    order = "big" if parts.big else "little"
    starts: list[int] = []
    ends: list[int] = []
    for magic in (_V120, _V118, _V116, _V12):
        for quantum in (1, 4, 2):
            head = magic.to_bytes(4, order) + bytes((0, 0, quantum, parts.pointer))  # type: ignore[arg-type]
            for span in parts.segments:
                end = span.offset + span.size
                at = find(data, head, span.offset, end)
                while at >= 0 and len(starts) < _TRIES:
                    starts.append(at)
                    ends.append(end)
                    at = find(data, head, at + 1, end)
    return starts, ends


def _table(data: Buffer, start: int, end: int) -> bytes | None:
    """Read the header at *start*; None where it is none, or points beyond *end*."""
    head = bytes(data[start : start + 8])
    if len(head) < 8 or head[4:6] != b"\0\0" or head[6] not in (1, 2, 4) or head[7] not in (4, 8):  # noqa: PLR2004 the header
        return None
    for order in "<>":
        (magic,) = Packed(order + "I").unpack_from(head)
        if magic in _WORD:
            return _since_116(data, start, end, Packed(order + "IQ"[head[7] // 8]), _WORD[magic])
        if magic == _V12:
            return _since_12(data, start, end, order, head[7])
    return None


def _since_116(data: Buffer, start: int, end: int, word: Packed, index: int) -> bytes | None:
    """Take the names as they lie together since Go 1.16."""
    try:
        (first,) = word.unpack_from(data, start + 8 + index * word.size)
        (last,) = word.unpack_from(data, start + 8 + (index + 1) * word.size)
    except struct.error:
        return None
    if not first < last <= end - start:
        return None
    if last - first > MAX_TABLE:
        raise CeilingError(f"a table of function names of {last - first:,} bytes")
    return bytes(data[start + first : start + last])


def _since_12(data: Buffer, start: int, end: int, order: str, width: int) -> bytes | None:
    """Collect the names one by one: before Go 1.16 they lie between other things."""
    word = Packed(order + ("Q" if width == 8 else "I"))  # noqa: PLR2004 bytes of a pointer
    offset = Packed(order + "i")
    names: list[bytes] = []
    try:
        (count,) = word.unpack_from(data, start + 8)
        if count > MAX_FUNCTIONS:
            raise CeilingError(f"more than {MAX_FUNCTIONS:,} functions")
        at = start + 8 + width
        if at + 2 * width * count > end:
            return None
        table = bytes(data[start : min(end, start + MAX_TABLE)])
        whole = re.compile(rb"[^\0]{1,4096}")
        for index in range(count):
            (record,) = word.unpack_from(data, at + 2 * width * index + width)
            (name,) = offset.unpack_from(table, record + width)
            match = whole.match(table, name) if name > 0 else None
            if match is not None:
                names.append(match.group())
    except (struct.error, OverflowError):
        return None
    return b"\0".join([*names, b""])
