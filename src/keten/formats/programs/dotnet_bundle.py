"""A .NET program in a single file: where its deps.json lies in it.

The host that starts the program has a place that ``dotnet publish`` fills with the offset of the
bundle's header (Microsoft.NET.HostModel: Bundler, HostWriter): eight bytes, then the digest of
``.net core bundle``. Since version 2 of the header it says where the deps.json is, which is
never compressed.
"""

import struct

from keten.errors import CeilingError, InputError
from keten.formats.programs import elf, executable
from keten.formats.programs.executable import Buffer, Span, find

MARK = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
MAX_SEARCH = 4 << 20
"""How far into the host's data the mark is searched, in bytes."""
MAX_TEXT = 64 << 20
"""The largest deps.json, in bytes."""


def deps(data: Buffer) -> bytes | None:
    """Return the deps.json; None for what is no such program, b"" for one without.

    InputError where the header is not what the format says.
    """
    at = header(data)
    if not at:
        return None
    if at > len(data):
        raise InputError("a .NET bundle whose header lies beyond its end")
    try:
        major, _, _, length = struct.unpack_from("<IIIB", data, at)
        if length >= 0x80:  # noqa: PLR2004 the length of the bundle's id, in more than a byte
            raise InputError("a .NET bundle whose id is longer than any")
        if major < 2:  # noqa: PLR2004 .NET Core 3: the files alone say
            raise InputError("a .NET bundle of .NET Core 3, which keten does not read")
        place, size = struct.unpack_from("<qq", data, at + 13 + length)
    except struct.error:
        raise InputError("a .NET bundle that ends in its header") from None
    if not place or not size:
        return b""
    if size > MAX_TEXT:
        raise CeilingError(f"a deps.json of more than {MAX_TEXT:,} bytes in a .NET bundle")
    if place < 0 or size < 0 or place + size > len(data):
        raise InputError("a .NET bundle whose deps.json lies beyond its end")
    return bytes(data[place : place + size])


def header(data: Buffer) -> int:
    """Return where the bundle's header is; 0 for what is no bundle. Cheap for most ELF files."""
    for span in _places(data):
        at = find(data, MARK, span.offset, span.offset + min(span.size, MAX_SEARCH))
        if at >= 8:  # noqa: PLR2004 the offset's own bytes
            return int.from_bytes(data[at - 8 : at], "little")
    return 0


def _places(data: Buffer) -> list[Span]:
    """Return the sections of initialised data."""
    if bytes(data[:4]) == b"\x7fELF":
        found = elf.place(data, b".data") if elf.appended(data) else None
        return [found] if found else []
    try:
        sections = executable.layout(data).sections
    except InputError:
        return []
    return [span for span in sections if span.name in {".data", "__data"}]
