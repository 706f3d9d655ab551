"""Executables made by hand: ELF of both classes and byte orders, PE, Mach-O, parts of Go's."""

import struct
import zlib
from collections.abc import Sequence

BASE = 0x400000

MAGIC = b"\xff Go buildinf:"
START = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
END = bytes.fromhex("f932433186182072008242104116d8f2")


def elf(
    sections: dict[str, bytes],
    *,
    wide: bool = True,
    big: bool = False,
    headers: bool = True,
    notes: Sequence[str] = (),
) -> bytes:
    """Return an ELF file of *sections*, one writable segment over all; *notes* are PT_NOTE."""
    order = ">" if big else "<"
    head_size, segment_size, section_size = (64, 56, 64) if wide else (52, 32, 40)
    count = 1 + len(notes)
    at = head_size + segment_size * count
    at += -at % 16
    body, places = b"", {}
    for name, data in sections.items():
        body += b"\0" * (-(at + len(body)) % 16)
        places[name] = (at + len(body), len(data))
        body += data
    names = b"\0" + b"".join(name.encode() + b"\0" for name in sections) + b".shstrtab\0"
    names_at = at + len(body)
    body += names
    body += b"\0" * (-(at + len(body)) % 16)
    table_at = at + len(body)
    entry = order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII")
    table = struct.pack(entry, *([0] * 10))
    for name, (offset, size) in places.items():
        place = names.index(b"\0" + name.encode() + b"\0") + 1
        table += struct.pack(entry, place, 1, 3, BASE + offset, offset, size, 0, 0, 16, 0)
    shstrtab = names.index(b"\0.shstrtab\0") + 1
    table += struct.pack(entry, shstrtab, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    number = len(places) + 2
    if not headers:
        table, table_at, number = b"", 0, 0
    whole = at + len(body) + len(table)
    segments = _segment(order, wide=wide, kind=1, offset=0, size=whole)
    for name in notes:
        offset, size = places[name]
        segments += _segment(order, wide=wide, kind=4, offset=offset, size=size)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 2 if big else 1, 1)) + b"\0" * 9
    head = ident + struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        2, 62, 1, BASE, head_size, table_at, 0, head_size, segment_size, count,
        section_size, number, max(number - 1, 0),
    )  # fmt: skip
    start = head + segments
    return start + b"\0" * (at - len(start)) + body + table


def _segment(order: str, *, wide: bool, kind: int, offset: int, size: int) -> bytes:
    if wide:
        return struct.pack(order + "IIQQQQQQ", kind, 6, offset, BASE + offset, 0, size, size, 16)
    return struct.pack(order + "IIIIIIII", kind, offset, BASE + offset, 0, size, size, 6, 16)


def note(owner: bytes, kind: int, data: bytes) -> bytes:
    """Return one ELF note, padded."""
    owner += b"\0"
    return (
        struct.pack("<III", len(owner), len(data), kind)
        + owner + b"\0" * (-len(owner) % 4) + data + b"\0" * (-len(data) % 4)
    )  # fmt: skip


def counted(text: bytes) -> bytes:
    """Return a text behind its length as a varint."""
    size, head = len(text), b""
    while size > 127:
        head += bytes((size & 127 | 128,))
        size >>= 7
    return head + bytes((size,)) + text


def framed(text: str) -> bytes:
    """Return module information as cmd/go frames it."""
    return START + text.encode() + END


def buildinfo(version: str, text: str) -> bytes:
    """Return build information as Go writes it since 1.18."""
    head = (MAGIC + bytes((8, 2))).ljust(32, b"\0")
    return head + counted(version.encode()) + counted(framed(text))


def pclntab(names: Sequence[str], *, magic: int = 0xFFFFFFF1, big: bool = False) -> bytes:
    """Return a table of functions as Go 1.16, 1.18 or 1.20 and later write it, names alone."""
    order = ">" if big else "<"
    table = b"".join(name.encode() + b"\0" for name in names)
    words = [len(names), 1] if magic == 0xFFFFFFFA else [len(names), 1, BASE]
    start = 8 + 8 * (len(words) + 5)
    words += [start, start + len(table), 0, 0, 0]
    return struct.pack(f"{order}IHBB{len(words)}Q", magic, 0, 1, 8, *words) + table


def pclntab12(names: Sequence[str]) -> bytes:
    """Return a table of functions as Go 1.2 to 1.15 write it."""
    count = len(names)
    records_at = 16 + 16 * count + 8 + 4
    records_at += -records_at % 8
    texts_at = records_at + 16 * count
    functab, records, texts = b"", b"", b""
    for index, name in enumerate(names):
        functab += struct.pack("<QQ", BASE + index, records_at + 16 * index)
        records += struct.pack("<Qii", BASE + index, texts_at + len(texts), 0)
        texts += name.encode() + b"\0"
    head = struct.pack("<IHBBQ", 0xFFFFFFFB, 0, 1, 8, count) + functab + struct.pack("<QI", 0, 0)
    return head + b"\0" * (records_at - len(head)) + records + texts


def pe(sections: dict[str, bytes]) -> bytes:
    """Return a 64-bit PE file of *sections*."""
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0"
    optional = struct.pack("<H22xQ", 0x20B, 0x140000000).ljust(240, b"\0")
    head += struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 2) + optional
    at = len(head) + 40 * len(sections)
    at += -at % 512
    table = body = b""
    for name, data in sections.items():
        place = at + len(body)
        table += struct.pack(
            "<8sIIIIIIHHI", name.encode(), len(data), place, len(data) + -len(data) % 512,
            place, 0, 0, 0, 0, 0xC0000040,
        )  # fmt: skip
        body += data + b"\0" * (-len(data) % 512)
    return (head + table).ljust(at, b"\0") + body


def macho(sections: dict[str, bytes]) -> bytes:
    """Return a 64-bit Mach-O file with *sections* in one writable segment."""
    size = 72 + 80 * len(sections)
    at = 32 + size
    at += -at % 16
    body = parts = b""
    for name, data in sections.items():
        body += b"\0" * (-len(body) % 16)
        place = at + len(body)
        parts += struct.pack(
            "<16s16sQQIIIIIIII", name.encode(), b"__DATA", BASE + place, len(data), place,
            4, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip
        body += data
    whole = at + len(body)
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x1000007, 3, 2, 1, size, 0, 0)
    command = struct.pack(
        "<II16sQQQQiiII", 0x19, size, b"__DATA", BASE, whole, 0, whole, 3, 3, len(sections), 0
    )
    return (head + command + parts).ljust(at, b"\0") + body


def auditable(text: str) -> bytes:
    """Return what cargo-auditable writes into a program."""
    return zlib.compress(text.encode())


def fat(*parts: bytes, wide: bool = False) -> bytes:
    """Return a Mach-O file of several architectures."""
    entry = ">IIQQII" if wide else ">IIIII"
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(parts))
    at = 4096
    body = b""
    for number, part in enumerate(parts):
        more = (12, 0) if wide else (12,)
        head += struct.pack(entry, 0x1000007 + number, 3, at + len(body), len(part), *more)
        body += part + b"\0" * (-len(part) % 4096)
    return head.ljust(at, b"\0") + body
