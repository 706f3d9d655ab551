"""ELF: the parts of a file, its notes and what it needs, read within ceilings.

Both classes (32 and 64 bits) and both byte orders, by the System V gABI, chapters 4 and 5.
``section`` asks for one section by name and touches nothing else: it is what a reader calls
on each of the thousands of ELF files of an image.
"""

import struct
from collections.abc import Iterator
from struct import Struct as Packed

from msgspec import Struct

from keten.errors import InputError
from keten.formats.programs.executable import Buffer, Layout, Span, find

MAX_SECTIONS = 20_000
MAX_SEGMENTS = 1000
MAX_NAME = 256
"""The longest name of a section, in bytes."""
MAX_NAMES = 4 << 20
"""The most bytes of the table of section names."""
MAX_NOTES = 256
MAX_NOTE = 1 << 20
"""The largest note, in bytes."""
MAX_DYNAMIC = 20_000

_LOAD, _DYNAMIC, _NOTE = 1, 2, 4
_NOBITS = 8
_EXECUTE, _WRITE = 1, 2
_HEAD = {
    # class, order: header from e_type on; section header; program header
    (wide, order): (
        Packed(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")),
        Packed(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII")),
        Packed(order + ("IIQQQQQQ" if wide else "IIIIIIII")),
    )
    for wide in (False, True)
    for order in "<>"
}


class Note(Struct, frozen=True):
    """One note: *name* of who defines *kind*, and its bytes."""

    name: bytes
    kind: int
    data: bytes


class _Header(Struct, frozen=True):
    wide: bool
    order: str
    segments_at: int
    segments: int
    segment_size: int
    sections_at: int
    sections: int
    section_size: int
    names: int


def layout(data: Buffer) -> Layout:
    """Return sections and loaded segments; InputError where the header is no ELF header."""
    head = _header(data)
    return Layout(
        "elf",
        big=head.order == ">",
        pointer=8 if head.wide else 4,
        sections=tuple(_sections(data, head)),
        segments=tuple(span for kind, span in _segments(data, head) if kind == _LOAD),
    )


def has(data: Buffer, name: bytes) -> bool:
    """Return whether *name* stands in the table of section names; False for what is no ELF.

    It costs a few microseconds: the one question to ask of every ELF file there is.
    """
    try:
        head = _header(data)
        _, _, _, _, at, size, *_ = _section(data, head, head.names)
    except InputError:
        return False
    return find(data, name + b"\0", at, at + min(size, MAX_NAMES)) >= 0


def unnamed(data: Buffer) -> bool:
    """Return whether an ELF file has no section headers: someone took them away."""
    try:
        return not _header(data).sections
    except InputError:
        return False


def appended(data: Buffer) -> bool:
    """Return whether bytes follow the section headers, which linkers write last of all."""
    try:
        head = _header(data)
    except InputError:
        return False
    end = head.sections_at + head.sections * head.section_size
    return bool(head.sections) and end < len(data)


def section(data: Buffer, name: bytes) -> bytes | None:
    """Return the bytes in the file of the first section called *name*, or None.

    At most the file's own bytes; the caller bounds what it does with them.
    """
    span = place(data, name)
    return bytes(data[span.offset : span.offset + span.size]) if span else None


def place(data: Buffer, name: bytes) -> Span | None:
    """Return where the first section called *name* lies, or None."""
    if not has(data, name):
        return None
    wanted = name.decode("latin-1")
    return next((span for span in _sections(data, _header(data)) if span.name == wanted), None)


def notes(data: Buffer) -> tuple[Note, ...]:
    """Return the notes of the file's note segments; of a damaged one, those before."""
    head = _header(data)
    found: list[Note] = []
    for kind, span in _segments(data, head):
        if kind == _NOTE:
            found += _notes(data, span, head.order, MAX_NOTES - len(found))
    return tuple(dict.fromkeys(found))


def needed(data: Buffer) -> tuple[str, ...]:
    """Return the shared libraries that the dynamic section names, in order (DT_NEEDED)."""
    head = _header(data)
    spans = list(_segments(data, head))
    loaded = Layout("elf", big=False, pointer=8, segments=tuple(s for k, s in spans if k == _LOAD))
    dynamic = next((span for kind, span in spans if kind == _DYNAMIC), None)
    if dynamic is None:
        return ()
    pair = Packed(head.order + ("qQ" if head.wide else "iI"))
    count = min(dynamic.size // pair.size, MAX_DYNAMIC)
    names: list[int] = []
    table = 0
    for index in range(count):
        tag, value = pair.unpack_from(data, dynamic.offset + index * pair.size)
        if tag == 0:
            break
        if tag == 1:
            names.append(value)
        elif tag == 5:  # noqa: PLR2004 DT_STRTAB
            table = value
    at = loaded.offset(table)
    if at is None:
        return ()
    return tuple(text for name in names if name < at[1] and (text := _text(data, at[0] + name)))


def _header(data: Buffer) -> _Header:
    """Read the ELF header (gABI, chapter 4, ELF Header)."""
    if bytes(data[:4]) != b"\x7fELF" or len(data) < 52 or data[4] not in (1, 2):  # noqa: PLR2004 the smallest header
        raise InputError("no ELF header")
    if data[5] not in (1, 2):
        raise InputError("an ELF file of no known byte order")
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"  # noqa: PLR2004 the 64-bit class
    try:
        _, _, _, _, phoff, shoff, _, _, phsize, phnum, shsize, shnum, names = _HEAD[wide, order][
            0
        ].unpack_from(data, 16)
    except struct.error:
        raise InputError("an ELF file that ends in its header") from None
    head = _Header(wide, order, phoff, phnum, phsize, shoff, shnum, shsize, names)
    if shoff and (shnum == 0 or names == 0xFFFF):  # noqa: PLR2004 SHN_XINDEX
        # More than 65,279 sections: the first header's size and link tell (gABI, e_shnum).
        first = _section(data, head, 0)
        head = _Header(
            wide, order, phoff, phnum, phsize, shoff, shnum or first[5], shsize,
            first[6] if names == 0xFFFF else names,  # noqa: PLR2004 SHN_XINDEX
        )  # fmt: skip
    return head if shoff else _Header(wide, order, phoff, phnum, phsize, 0, 0, shsize, 0)


def _section(data: Buffer, head: _Header, index: int) -> tuple[int, ...]:
    packed = _HEAD[head.wide, head.order][1]
    at = head.sections_at + index * head.section_size
    if head.section_size < packed.size or not head.sections_at or at + packed.size > len(data):
        raise InputError("an ELF file whose section headers lie beyond its end")
    return packed.unpack_from(data, at)


def _sections(data: Buffer, head: _Header) -> Iterator[Span]:
    try:
        names_at, names_size = _section(data, head, head.names)[4:6]
        for index in range(min(head.sections, MAX_SECTIONS)):
            name, kind, flags, address, offset, size, *_ = _section(data, head, index)
            text = _text(data, names_at + name) if name < names_size else ""
            size = 0 if kind == _NOBITS else max(0, min(size, len(data) - offset))
            yield Span(text, address, offset, size, bool(flags & 1), bool(flags & 4))
    except InputError:
        return  # without its sections a file still has its segments


def _segments(data: Buffer, head: _Header) -> Iterator[tuple[int, Span]]:
    packed = _HEAD[head.wide, head.order][2]
    if head.segment_size < packed.size:
        return
    for index in range(min(head.segments, MAX_SEGMENTS)):
        at = head.segments_at + index * head.segment_size
        if at + packed.size > len(data):
            return
        if head.wide:
            kind, flags, offset, address, _, size, _, _ = packed.unpack_from(data, at)
        else:
            kind, offset, address, _, size, _, flags, _ = packed.unpack_from(data, at)
        size = max(0, min(size, len(data) - offset))
        yield kind, Span("", address, offset, size, bool(flags & _WRITE), bool(flags & _EXECUTE))


def _notes(data: Buffer, span: Span, order: str, most: int) -> Iterator[Note]:
    """Walk one note segment; names and contents are padded to four bytes (gABI, Note Section)."""
    packed = Packed(order + "III")
    at, end = span.offset, span.offset + span.size
    for _ in range(most):
        if at + packed.size > end:
            return
        name_size, size, kind = packed.unpack_from(data, at)
        name_at = at + packed.size
        content_at = name_at + (name_size + 3 & ~3)
        at = content_at + (size + 3 & ~3)
        if name_size > MAX_NAME or size > MAX_NOTE or content_at + size > end:
            return
        name = bytes(data[name_at : name_at + name_size]).rstrip(b"\0")
        yield Note(name, kind, bytes(data[content_at : content_at + size]))


def _text(data: Buffer, at: int) -> str:
    """Return the text that begins at *at* and ends with a zero byte, "" where it is too long."""
    text, end, _ = bytes(data[at : at + MAX_NAME]).partition(b"\0")
    return text.decode("utf-8", "replace") if end else ""
