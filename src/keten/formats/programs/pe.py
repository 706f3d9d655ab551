"""PE (Windows executables): sections, as far as finding data in them takes.

By Microsoft's PE Format: the COFF header, the optional header's magic and image base, and the
section table. Addresses are with the image base, as the program sees them.
"""

import struct
from struct import Struct as Packed

from keten.errors import InputError
from keten.formats.programs.executable import Buffer, Layout, Span

MAX_SECTIONS = 1000
MAX_DIRECTORIES = 16
_COFF = Packed("<HHIIIHH")
_SECTION = Packed("<8sIIIIIIHHI")
_PE32_PLUS = 0x20B
_CODE, _WRITE = 0x20000000, 0x80000000


def layout(data: Buffer) -> Layout:
    """Return the sections; InputError where the headers are no PE headers."""
    try:
        at = int.from_bytes(data[60:64], "little")
        if bytes(data[:2]) != b"MZ" or bytes(data[at : at + 4]) != b"PE\0\0":
            raise InputError("no PE header")
        _, count, _, _, _, optional, _ = _COFF.unpack_from(data, at + 4)
        start = at + 24
        wide = int.from_bytes(data[start : start + 2], "little") == _PE32_PLUS
        base = data[start + 24 : start + 32] if wide else data[start + 28 : start + 32]
        table = start + optional
        spans = tuple(
            _span(data, table + index * _SECTION.size, int.from_bytes(base, "little"))
            for index in range(min(count, MAX_SECTIONS))
        )
    except struct.error:
        raise InputError("a PE file that ends in its headers") from None
    return Layout("pe", big=False, pointer=8 if wide else 4, sections=spans, segments=spans)


def _span(data: Buffer, at: int, base: int) -> Span:
    name, memory, address, size, offset, _, _, _, _, rights = _SECTION.unpack_from(data, at)
    # The raw size is rounded up to the file's alignment: beyond the virtual size is padding.
    size = max(0, min(size, memory or size, len(data) - offset))
    text = name.rstrip(b"\0").decode("utf-8", "replace")
    return Span(text, base + address, offset, size, bool(rights & _WRITE), bool(rights & _CODE))


def directories(data: Buffer) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return the image base, and address (without it) and size of each data directory."""
    try:
        start = int.from_bytes(data[60:64], "little") + 24
        wide = int.from_bytes(data[start : start + 2], "little") == _PE32_PLUS
        base = data[start + 24 : start + 32] if wide else data[start + 28 : start + 32]
        at = start + (108 if wide else 92)
        count = int.from_bytes(data[at : at + 4], "little")
        pair = Packed("<II")
        found = tuple(
            pair.unpack_from(data, at + 4 + 8 * number)
            for number in range(min(count, MAX_DIRECTORIES))
        )
    except struct.error:
        raise InputError("a PE file that ends in its headers") from None
    return int.from_bytes(base, "little"), found
