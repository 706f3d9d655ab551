"""Mach-O (macOS executables): segments and sections, as far as finding data in them takes.

By Apple's Mach-O File Format Reference: the header and the commands LC_SEGMENT(_64). Of a file
of several architectures see ``executable.parts``.
"""

import struct
from struct import Struct as Packed

from keten.errors import InputError
from keten.formats.programs.executable import Buffer, Layout, Span

MAX_COMMANDS = 10_000
MAX_SECTIONS = 10_000
_MAGIC = {
    b"\xfe\xed\xfa\xce": (False, ">"), b"\xfe\xed\xfa\xcf": (True, ">"),
    b"\xce\xfa\xed\xfe": (False, "<"), b"\xcf\xfa\xed\xfe": (True, "<"),
}  # fmt: skip
_SEGMENT, _SEGMENT_64 = 1, 0x19
_WRITE, _CODE = 2, 4
_ZERO_FILL = (1, 12, 18)


def layout(data: Buffer) -> Layout:
    """Return segments and sections; InputError where the header is no Mach-O header."""
    kind = _MAGIC.get(bytes(data[:4]))
    if kind is None:
        raise InputError("no Mach-O header")
    wide, order = kind
    sections: list[Span] = []
    segments: list[Span] = []
    try:
        (count,) = Packed(order + "I").unpack_from(data, 16)
        at, command = 32 if wide else 28, Packed(order + "II")
        for _ in range(min(count, MAX_COMMANDS)):
            number, size = command.unpack_from(data, at)
            if number == (_SEGMENT_64 if wide else _SEGMENT):
                _segment(data, at, order, wide=wide, sections=sections, segments=segments)
            if size < command.size:
                break
            at += size
    except struct.error:
        if not segments:
            raise InputError("a Mach-O file that ends in its commands") from None
    return Layout(
        "mach-o",
        big=order == ">",
        pointer=8 if wide else 4,
        sections=tuple(sections),
        segments=tuple(segments),
    )


def _segment(
    data: Buffer, at: int, order: str, *, wide: bool, sections: list[Span], segments: list[Span]
) -> None:
    head = Packed(order + ("II16sQQQQiiII" if wide else "II16sIIIIiiII"))
    part = Packed(order + ("16s16sQQIIIIIIII" if wide else "16s16sIIIIIIIII"))
    _, _, name, address, _, offset, size, _, rights, count, _ = head.unpack_from(data, at)
    write, code = bool(rights & _WRITE), bool(rights & _CODE)
    length = max(0, min(size, len(data) - offset))
    segments.append(Span(_text(name), address, offset, length, write, code))
    at += head.size
    for _ in range(min(count, MAX_SECTIONS - len(sections))):
        name, _, address, size, offset, _, _, _, flags, *_ = part.unpack_from(data, at)
        size = 0 if flags & 0xFF in _ZERO_FILL else max(0, min(size, len(data) - offset))
        sections.append(Span(_text(name), address, offset, size, write, code))
        at += part.size


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode("utf-8", "replace")
