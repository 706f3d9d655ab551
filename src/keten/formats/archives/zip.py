"""Zip files: the central directory entry by entry, and entries unpacked within ceilings.

Format: PKWARE APPNOTE 6.3.9: the end record (4.3.16), its ZIP64 forms (4.3.14, 4.3.15), the
central directory (4.3.12). ``zipfile`` makes an object of every entry before the first can be
read, which a directory of a million entries turns into a gigabyte. What an archive says of
itself is not trusted: a size is a bound that is held, a checksum is compared. Entries may
overlap; whoever reads many of them counts what they unpack to.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.errors import CeilingError, InputError

MAX_ENTRIES = 500_000
MAX_RATIO = 200
Buffer = Any
"""Bytes, or what can be sliced and searched like them at no cost: mmap, memoryview."""

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


class Member(Struct, frozen=True):
    """An entry as the central directory tells it. *raw* is its name in bytes, *start* where its
    own header is in the file, *packed* and *size* are bytes before and after unpacking.
    """  # noqa: D205 one sentence

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int

    @property
    def name(self) -> str:
        """Return the name: UTF-8 where the entry says so, else the code page of old."""
        return self.raw.decode("utf-8" if self.flags & _UTF8 else "cp437", "replace")

    @property
    def stored(self) -> bool:
        """Return whether the entry lies in the file as it is, not packed."""
        return self.method == _STORED

    def refusal(self, ceiling: int) -> str:
        """Return why the entry is not unpacked, "" where nothing speaks against it."""
        if self.flags & _ENCRYPTED:
            return "is encrypted"
        if self.method not in (_STORED, _DEFLATED):
            return f"is packed by method {self.method}, which is not read"
        if self.size > ceiling:
            return f"unpacks to {self.size} bytes; at most {ceiling} are read"
        if self.packed > self.size + _SLACK:
            return "is larger packed than unpacked"
        if self.size > _SMALL and self.size > self.packed * MAX_RATIO:
            return f"is packed more than {MAX_RATIO} to 1, as no record is"
        return ""


def members(
    whole: Buffer,
    *,
    limit: int = MAX_ENTRIES,
    ends: tuple[bytes, ...] = (),
    folders: set[bytes] | None = None,
) -> Iterator[Member]:
    """Yield the entries of a zip file in its own order; folders are left out.

    With *ends* only those whose name ends with one of them; the folders that all stand in are
    put into *folders*. InputError where *whole* is no zip
    file or its directory is damaged, CeilingError where there are more than *limit* entries.
    """
    try:
        yield from _walk(whole, limit, ends, folders)
    except struct.error as error:
        raise InputError("a damaged zip file: cut short") from error


def count(whole: Buffer) -> int:
    """Return how many entries a zip file says it has. InputError where it is none."""
    try:
        return _end(whole)[0]
    except struct.error as error:
        raise InputError("a damaged zip file: cut short") from error


def _walk(
    whole: Buffer, limit: int, ends: tuple[bytes, ...], folders: set[bytes] | None
) -> Iterator[Member]:
    entries, at, prefix = _end(whole)
    if entries > limit:
        raise CeilingError(f"a zip file of {entries} entries; at most {limit} are read")
    unpack, step = _CENTRAL.unpack_from, _CENTRAL.size
    short = min(map(len, ends), default=0)
    tails = {end[-short:] for end in ends} if short else set()
    for _ in range(entries):
        fields = unpack(whole, at)
        if fields[0] != b"PK\x01\x02":
            raise InputError(f"a damaged zip file: its directory is wrong at byte {at}")
        name_end = at + step + fields[10]
        raw = bytes(whole[at + step : name_end])
        at = name_end + fields[11] + fields[12]
        if folders is not None:
            folders.add(raw.rpartition(b"/")[0])
        if tails and raw[-short:] not in tails:
            continue
        if raw[-1:] == b"/" or (ends and not raw.endswith(ends)):
            continue
        sizes = (fields[9], fields[8], fields[16])
        if _FULL in sizes:
            sizes = _long(bytes(whole[name_end : name_end + fields[11]]), sizes)
        size, packed, start = sizes
        yield Member(raw, fields[3], fields[4], fields[7], packed, size, start + prefix)


def _end(whole: Buffer) -> tuple[int, int, int]:
    """Return the number of entries, where the directory begins, what stands before the file.

    A program may stand before it (a start script, a self-extractor) that its offsets pass over.
    """
    tail = max(0, len(whole) - _END.size - _FULL16)
    at = bytes(whole[tail:]).rfind(b"PK\x05\x06")
    if at < 0:
        raise InputError("no zip file, or one that is cut short")
    at += tail
    fields = _END.unpack_from(whole, at)
    count, size, start, end = fields[4], fields[5], fields[6], at
    if at >= _LOCATOR.size and (count == _FULL16 or _FULL in {start, size}):
        mark, _, offset, _ = _LOCATOR.unpack_from(whole, at - _LOCATOR.size)
        found = _long_end(whole, offset, at) if mark == b"PK\x06\x07" else None
        if found is not None:
            end, count, size, start = found
    prefix = end - size - start
    if prefix < 0 or (prefix and bytes(whole[start + prefix :][:4]) != b"PK\x01\x02"):
        prefix = 0
    if start + prefix >= len(whole):
        if count == 0:
            return 0, 0, 0
        raise InputError("a damaged zip file: its directory lies outside it")
    return count, start + prefix, prefix


def _long_end(whole: Buffer, offset: int, at: int) -> tuple[int, int, int, int] | None:
    """Return where the ZIP64 end record is, and count, size and start of the directory."""
    for place in (offset, at - _LOCATOR.size - _END64.size):
        if 0 <= place <= at - _END64.size:
            fields = _END64.unpack_from(whole, place)
            if fields[0] == b"PK\x06\x06":
                return place, fields[7], fields[8], fields[9]
    return None


def _long(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Put in the 64-bit sizes of extra field 1 (4.5.3) where the short ones are full."""
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


def unpack(whole: Buffer, member: Member, *, ceiling: int) -> Buffer:
    """Return an entry's bytes, checked against its size and checksum; InputError else.

    What is stored plain comes as a slice of *whole*. The message says of the entry what is
    wrong, as in "is encrypted".
    """
    fault = member.refusal(ceiling)
    if fault:
        raise InputError(fault)
    data = packed(whole, member)
    if member.method == _DEFLATED:
        data = _inflate(data, member.size + 1)
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise InputError("is damaged: its checksum does not hold")
    return data


def head(whole: Buffer, member: Member, *, most: int) -> bytes:
    """Return the first *most* bytes of an entry, unchecked where there are more."""
    if member.size <= most:
        return bytes(unpack(whole, member, ceiling=most))
    fault = member.refusal(member.size)
    if fault and "to 1" not in fault:
        raise InputError(fault)
    data = packed(whole, member)
    return _inflate(data, most) if member.method == _DEFLATED else bytes(data[:most])


def packed(whole: Buffer, member: Member) -> Buffer:
    """Return an entry's bytes as they lie in the file; InputError where they do not."""
    start = member.start
    if start + _LOCAL.size > len(whole):
        raise InputError("lies outside the file")
    fields = _LOCAL.unpack_from(whole, start)
    if fields[0] != b"PK\x03\x04":
        raise InputError("has no header where the directory says")
    begin = start + _LOCAL.size + fields[9] + fields[10]
    return whole[begin : begin + member.packed]


def _inflate(data: Buffer, most: int) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(data, most)
    except zlib.error:
        raise InputError("can not be unpacked") from None
