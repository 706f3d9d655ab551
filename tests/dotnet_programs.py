"""Assemblies of .NET and programs in a single file, made by hand."""

import struct
from collections.abc import Mapping

import executable_files as made

from keten.formats.programs.dotnet_bundle import MARK


def assembly(
    name: str,
    *,
    version: tuple[int, int, int, int] = (1, 0, 0, 0),
    culture: str = "",
    said: Mapping[str, str] | None = None,
    wide: bool = True,
    large: bool = False,
    more: tuple[str, ...] = (),
    rows: Mapping[int, bytes] | None = None,
    tables: bool = True,
) -> bytes:
    """Return a PE file with one assembly. *said* is its version resource, *more* further strings.

    *wide* is a PE of 64 bits, *large* indices of four bytes, *rows* the rows of further tables.
    """
    heap = b"\0" + b"".join(text.encode() + b"\0" for text in (name, culture, *more))
    index = "I" if large else "H"
    row = struct.pack("<IHHHHI", 0x8004, *version, 0)
    row += struct.pack(f"<{index * 3}", 0, 1, len(name.encode()) + 2 if culture else 0)
    found = {0x00: bytes(18 if large else 10), **(rows or {})}
    found |= {0x20: row} if tables else {}
    sizes = {0x00: 18 if large else 10, 0x01: 10 if large else 6, 0x20: len(row), 0x0C: 8}
    valid = sum(1 << number for number in found)
    stream = struct.pack("<IBBBBQQ", 0, 2, 0, 7 if large else 0, 1, valid, 0)
    for number in sorted(found):
        stream += struct.pack("<I", len(found[number]) // sizes[number])
    stream += b"".join(found[number] for number in sorted(found))
    stream += b"\0" * (-len(stream) % 4)
    heap += b"\0" * (-len(heap) % 4)
    start = 16 + 12 + 4 + 12 + 20
    root = struct.pack("<4sHHII12sHH", b"BSJB", 1, 1, 0, 12, b"v4.0.30319", 0, 2)
    root += struct.pack("<II4s", start, len(stream), b"#~")
    root += struct.pack("<II12s", start + len(stream), len(heap), b"#Strings")
    root += stream + heap
    text_at, resource_at = 0x2000, 0x100000
    cli = struct.pack("<IHHIII", 72, 2, 5, text_at + 72, len(root), 1).ljust(72, b"\0")
    text = cli + root
    resource = _resource(resource_at, said) if said is not None else b""
    folders = [(0, 0)] * 16
    folders[14] = (text_at, 72)
    if resource:
        folders[2] = (resource_at, len(resource))
    return _pe({".text": (text_at, text), ".rsrc": (resource_at, resource)}, folders, wide=wide)


def _pe(
    sections: Mapping[str, tuple[int, bytes]], folders: list[tuple[int, int]], *, wide: bool
) -> bytes:
    base = 0x180000000 if wide else 0x10000000
    optional = struct.pack("<H22xQ", 0x20B, base) if wide else struct.pack("<H26xI", 0x10B, base)
    optional = optional.ljust(108 if wide else 92, b"\0") + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<II", *folder) for folder in folders)
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 2) + optional
    at = len(head) + 40 * len(sections)
    at += -at % 512
    table = body = b""
    for name, (address, data) in sections.items():
        raw = data + b"\0" * (-len(data) % 512)
        table += struct.pack("<8sIIIIIIHHI", name.encode(), len(data), address, len(raw),
                             at + len(body), 0, 0, 0, 0, 0x60000020)  # fmt: skip
        body += raw
    return (head + table).ljust(at, b"\0") + body


def _resource(address: int, said: Mapping[str, str]) -> bytes:
    """Return a resource section: type 16, its name, its language, then the data."""
    strings = b""
    for key, value in said.items():
        strings += b"\0" * (-len(strings) % 4)
        strings += _block(key, value.encode("utf-16-le") + b"\0\0", words=len(value) + 1)
    table = _block("000004b0", strings)
    info = _block("StringFileInfo", table)
    data = _block("VS_VERSION_INFO", b"\xbd\x04\xef\xfe" + bytes(48) + info)
    head = b""
    for name, leads in ((16, 0x80000018), (1, 0x80000030), (0x409, 0x48)):
        head += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, name, leads)
    return head + struct.pack("<IIII", address + 0x58, len(data), 0, 0) + data


def _block(key: str, value: bytes, *, words: int = 0) -> bytes:
    head = key.encode("utf-16-le") + b"\0\0"
    head += b"\0" * (-(6 + len(head)) % 4)
    whole = head + value
    return struct.pack("<HHH", 6 + len(whole), words, 1) + whole


def bundle(deps: bytes, *, major: int = 6, extra: bytes = b"assemblies") -> bytes:
    """Return a host with a bundle behind it that carries *deps*."""
    blank = made.elf({".data": bytes(64) + bytes(8) + MARK + bytes(64)})
    head = struct.pack("<IIIB", major, 0, 2, 8) + b"bundleid"
    start = len(blank) + len(extra)
    offset = start + len(deps)
    head += struct.pack("<qqqqQ", start if deps else 0, len(deps), 0, 0, 0)
    host = made.elf({".data": bytes(64) + struct.pack("<Q", offset) + MARK + bytes(64)})
    return host + extra + deps + head
