"""Read a zip file of records entry by entry, within ceilings: see keten.formats.archives.zip."""

import mmap
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.archives import zip  # noqa: A004 the format's name

MAX_ENTRIES = 900_000
MAX_ENTRY = 16 << 20
MAX_TOTAL = 8 << 30


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
                yield from _read(whole, path.name)
            except CeilingError as error:
                raise CeilingError(f"{path.name}: {error.what}") from error
            except InputError as error:
                raise InputError(f"{path.name}: {error.what}") from error


def _read(whole: mmap.mmap, name: str) -> Iterator[Entry]:
    total = 0
    for member in zip.members(whole, limit=MAX_ENTRIES):
        if not member.refusal(MAX_ENTRY):
            total += member.size
            if total > MAX_TOTAL:
                raise CeilingError(f"{name} unpacks to more than {MAX_TOTAL >> 30} GiB")
        try:
            data, fault = bytes(zip.unpack(whole, member, ceiling=MAX_ENTRY)), ""
        except InputError as error:
            data, fault = b"", error.what
        yield Entry(member.name, data, fault)
