"""Executable files of the three common formats as one record: where their parts lie.

ELF, PE and Mach-O are read only as far as finding data in them takes. Every figure in a header
is a claim: what it points at is cut to the bytes that are there, tables have ceilings, and
nothing is allocated by a size that a header tells.
"""

import re
from collections.abc import Iterator
from mmap import mmap
from struct import Struct as Packed

from msgspec import Struct

from keten.errors import InputError

Buffer = bytes | bytearray | memoryview | mmap
"""What a file's bytes come in. Offsets count bytes."""

MAGIC = (
    b"\x7fELF", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
)  # fmt: skip
"""What a file of these formats begins with."""
MAX_PARTS = 8
"""The most architectures of one Mach-O file that are looked at."""
FAT = tuple(
    magic + count.to_bytes(4, "big")
    for magic in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
    for count in range(1, MAX_PARTS + 1)
)
"""What a Mach-O file of several architectures begins with: their number is in it, for a class of
Java begins with the same four bytes, and goes on with a version of 45 or more.
"""


class Span(Struct, frozen=True):
    """A section or a segment: *address* in memory, *offset* and *size* in the file, in bytes.

    *size* never reaches beyond the file. *writable* and *code* are its rights in memory.
    """

    name: str
    address: int
    offset: int
    size: int
    writable: bool = False
    code: bool = False


class Layout(Struct, frozen=True):
    """An executable: *format* (``elf``, ``pe``, ``mach-o``), byte order, bytes of a pointer."""

    format: str
    big: bool
    pointer: int
    sections: tuple[Span, ...] = ()
    segments: tuple[Span, ...] = ()

    def section(self, *names: str) -> Span | None:
        """Return the first section that has one of *names*."""
        return next((span for span in self.sections if span.name in names), None)

    def offset(self, address: int) -> tuple[int, int] | None:
        """Return where *address* lies in the file and how many bytes of its span follow."""
        for span in self.segments:
            into = address - span.address
            if 0 <= into < span.size:
                return span.offset + into, span.size - into
        return None


def parts(data: Buffer) -> Iterator[Buffer]:
    """Yield the program of each architecture: of most files it is the file itself.

    By mach-o/fat.h; a part that is said to lie elsewhere than in the file is left out.
    """
    if not bytes(data[:8]).startswith(FAT):
        yield data
        return
    entry = Packed(">IIQQII" if data[3] == 0xBF else ">IIIII")  # noqa: PLR2004 FAT_MAGIC_64
    for number in range(int.from_bytes(data[4:8], "big")):
        at = 8 + number * entry.size
        if at + entry.size > len(data):
            return
        _, _, offset, size, *_ = entry.unpack_from(data, at)
        if 0 < size <= len(data) - offset:
            yield bytes(data[offset : offset + size])


def layout(data: Buffer) -> Layout:
    """Return the parts of an executable; InputError where it is none of the formats."""
    head = bytes(data[:4])
    if head == b"\x7fELF":
        from keten.formats.programs import elf

        return elf.layout(data)
    if head[:2] == b"MZ":
        from keten.formats.programs import pe

        return pe.layout(data)
    if head in MAGIC:
        from keten.formats.programs import macho

        return macho.layout(data)
    raise InputError("no executable that keten reads")


def find(data: Buffer, what: bytes, start: int = 0, end: int | None = None) -> int:
    """Return where *what* is first in *data* between *start* and *end*, or -1."""
    end = len(data) if end is None else min(end, len(data))
    if isinstance(data, memoryview):
        found = re.compile(re.escape(what)).search(data, start, end)
        return found.start() if found else -1
    return data.find(what, start, end)


def searchable(data: Buffer) -> bytes | bytearray | mmap:
    """Return what has the same bytes and can be searched fast: a whole view's own object."""
    if not isinstance(data, memoryview):
        return data
    whole = data.obj
    if isinstance(whole, bytes | bytearray | mmap) and data.contiguous and len(whole) == len(data):
        return whole
    return bytes(data)
