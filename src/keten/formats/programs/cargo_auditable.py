"""What ``cargo auditable`` writes into a Rust program: its crates, as JSON in a zlib stream.

The section is called ``.dep-v0`` in ELF, PE and Mach-O; see PARSING.md of cargo-auditable.
"""

import zlib

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.programs import elf, executable
from keten.formats.programs.executable import Buffer

SECTION = ".dep-v0"
MAX_TEXT = 8 << 20
"""The largest JSON, in bytes; a program of 1,000 crates has 100 KB."""
MAX_CRATES = 50_000


class Crate(Struct, frozen=True):
    """One crate. *dependencies* are places in the list; *kind* is ``runtime`` or ``build``."""

    name: str
    version: str
    source: str = ""
    kind: str = "runtime"
    dependencies: tuple[int, ...] = ()
    root: bool = False


class _Document(Struct, frozen=True):
    packages: tuple[Crate, ...]


def section(data: Buffer) -> bytes:
    """Return the section as it lies there, b"" where there is none: cheap for ELF."""
    if bytes(data[:4]) == b"\x7fELF":
        return elf.section(data, SECTION.encode()) or b""
    try:
        span = executable.layout(data).section(SECTION)
    except InputError:
        return b""
    return bytes(data[span.offset : span.offset + span.size]) if span else b""


def crates(packed: bytes) -> tuple[Crate, ...]:
    """Return the crates in a section's bytes; InputError where it is not what it says."""
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(packed, MAX_TEXT)
    except zlib.error as error:
        raise InputError(f"cargo-auditable data that can not be inflated: {error}") from error
    if not inflate.eof:
        if inflate.unconsumed_tail:
            raise CeilingError(f"cargo-auditable data of more than {MAX_TEXT:,} bytes")
        raise InputError("cargo-auditable data that ends too early")
    try:
        found = msgspec.json.decode(text, type=_Document).packages
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"cargo-auditable data that is not as its format says: {error}") from error
    if len(found) > MAX_CRATES:
        raise CeilingError(f"more than {MAX_CRATES:,} crates in one program")
    return found
