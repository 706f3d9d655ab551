"""Read a zip file entry by entry, within ceilings, without trusting what it says of itself.

Format: PKWARE APPNOTE 6.3.9: the end record (4.3.16), its ZIP64 forms (4.3.14, 4.3.15), the
central directory (4.3.12). ``zipfile`` makes an object of every entry before the first can be
read, which a directory of a million entries turns into a gigabyte.
"""

import mmap
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from keten.errors import CeilingError, InputError

MAX_ENTRIES = 500_000
MAX_ENTRY = 16 << 20
MAX_TOTAL = 8 << 30
MAX_RATIO = 200
_SMALL, _SLACK = 1 << 20, 1 << 16
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_FULL, _FULL16 = 0xFFFFFFFF, 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_UTF8 = 1 << 11


class Entry(Struct, frozen=True):
    """An entry as the central directory tells it; *data* or *fault* says what came of it."""

    name: str
    data: bytes
    fault: str = ""


def entries(path: Path) -> Iterator[Entry]:
    """Yield the entries of a zip file in its own order; folders are left out.

    InputError where the file is no zip file, CeilingError where it holds more than is read.
    An entry that is damaged or too large is yielded with its *fault* and no data.
    """
    with path.open("rb") as file:
        try:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise InputError(f"{path.name} is empty") from error
        with whole:
            try:
                yield from _walk(whole, path.name)
            except struct.error as error:
                raise InputError(f"{path.name} is a damaged zip file: cut short") from error


def _walk(whole: mmap.mmap, name: str) -> Iterator[Entry]:
    count, at = _end(whole, name)
    if count > MAX_ENTRIES:
        raise CeilingError(f"{name} holds {count} entries; at most {MAX_ENTRIES} are read")
    total = 0
    for _ in range(count):
        fields = _CENTRAL.unpack_from(whole, at)
        if fields[0] != b"PK\x01\x02":
            raise InputError(f"{name} is a damaged zip file: its directory is wrong at byte {at}")
        flags, method, crc = fields[3], fields[4], fields[7]
        packed, size, start = fields[8], fields[9], fields[16]
        name_end = at + _CENTRAL.size + fields[10]
        raw = whole[at + _CENTRAL.size : name_end]
        extra = whole[name_end : name_end + fields[11]]
        size, packed, start = _long(extra, (size, packed, start))
        at = name_end + fields[11] + fields[12]
        entry = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        if entry.endswith("/"):
            continue
        fault = _refusal(flags, method, packed, size)
        if fault:
            yield Entry(entry, b"", fault)
            continue
        total += size
        if total > MAX_TOTAL:
            raise CeilingError(f"{name} unpacks to more than {MAX_TOTAL >> 30} GiB")
        yield _read(whole, entry, (method, crc, packed, size, start))


def _end(whole: mmap.mmap, name: str) -> tuple[int, int]:
    """Return the number of entries and where the directory begins."""
    at = whole.rfind(b"PK\x05\x06", max(0, len(whole) - _END.size - _FULL16))
    if at < 0:
        raise InputError(f"{name} is no zip file, or is cut short")
    fields = _END.unpack_from(whole, at)
    count, start = fields[4], fields[6]
    if at >= _LOCATOR.size and (count == _FULL16 or start == _FULL):
        mark, _, offset, _ = _LOCATOR.unpack_from(whole, at - _LOCATOR.size)
        if mark == b"PK\x06\x07" and offset < at:
            fields = _END64.unpack_from(whole, offset)
            if fields[0] == b"PK\x06\x06":
                count, start = fields[7], fields[9]
    if start >= len(whole):
        if count == 0:
            return 0, 0
        raise InputError(f"{name} is a damaged zip file: its directory lies outside it")
    return count, start


def _long(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Put in the 64-bit sizes of extra field 1 (4.5.3) where the short ones are full."""
    if _FULL not in values:
        return values
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            found = list(values)
            inner = at + 4
            for i, value in enumerate(values):
                if value == _FULL and inner + 8 <= len(extra):
                    (found[i],) = struct.unpack_from("<Q", extra, inner)
                    inner += 8
            return found[0], found[1], found[2]
        at += 4 + length
    return values


def _refusal(flags: int, method: int, packed: int, size: int) -> str:
    if flags & _ENCRYPTED:
        return "is encrypted"
    if method not in (_STORED, _DEFLATED):
        return f"is packed by method {method}, which is not read"
    if size > MAX_ENTRY:
        return f"unpacks to {size} bytes; at most {MAX_ENTRY} are read"
    if packed > size + _SLACK:
        return "is larger packed than unpacked"
    if size > _SMALL and size > packed * MAX_RATIO:
        return f"is packed more than {MAX_RATIO} to 1, as no record is"
    return ""


def _read(whole: mmap.mmap, name: str, facts: tuple[int, int, int, int, int]) -> Entry:
    method, crc, packed, size, start = facts
    if start + _LOCAL.size > len(whole):
        return Entry(name, b"", "lies outside the file")
    head = _LOCAL.unpack_from(whole, start)
    if head[0] != b"PK\x03\x04":
        return Entry(name, b"", "has no header where the directory says")
    begin = start + _LOCAL.size + head[9] + head[10]
    data = whole[begin : begin + packed]
    if method == _DEFLATED:
        try:
            data = zlib.decompressobj(-15).decompress(data, size + 1)
        except zlib.error:
            return Entry(name, b"", "can not be unpacked")
    if len(data) != size or zlib.crc32(data) != crc:
        return Entry(name, b"", "is damaged: its checksum does not hold")
    return Entry(name, data)
