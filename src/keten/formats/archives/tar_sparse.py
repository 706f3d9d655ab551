"""Sparse files in tar archives: the old GNU header, and GNU's pax formats 0.0, 0.1 and 1.0.

GNU tar manual, "Storing Sparse Files". The walk needs only how much is stored; the map is
read when the file is asked for.
"""

from collections.abc import Iterator

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.archives.chunks import Chunks
from keten.formats.archives.tar_pax import number

FRAGMENTS = 100_000
"""The most fragments of one sparse file that is read."""
BLOCKS = 20_000
"""The most header blocks of one sparse file in the old format."""

_BLOCK = 512


class Sparse(Struct, frozen=True):
    """How a file is scattered: its whole *size* (-1: as the header says), its *name* if other.

    *fields* is (offset, count, offset, count, ...) as written; where *inside*, the map stands
    before the data (pax 1.0).
    """

    size: int
    name: bytes = b""
    fields: tuple[bytes, ...] = ()
    inside: bool = False
    octal: bool = False


def found(
    header: bytes, records: dict[bytes, bytes], fragments: list[bytes], chunks: Chunks
) -> Sparse | None:
    """Return how a file is scattered, None where it is not; pass over more header blocks."""
    if header[156] == 83:  # noqa: PLR2004 S
        return _old(header, chunks)
    version = records.get(b"GNU.sparse.major", b""), records.get(b"GNU.sparse.minor", b"")
    written = records.get(b"GNU.sparse.map")
    fields: tuple[bytes, ...]
    if version == (b"1", b"0"):
        fields, inside = (), True
    elif version in ((b"0", b"0"), (b"0", b"1")) or (version == (b"", b"") and written):
        fields = tuple(written.split(b",")) if written else tuple(fragments)
        inside = False
    elif version == (b"", b"") and fragments:
        fields, inside = tuple(fragments), False
    else:
        return None
    size = records.get(b"GNU.sparse.realsize") or records.get(b"GNU.sparse.size") or b""
    if size and (not size.isdigit() or len(size) > 18):  # noqa: PLR2004
        raise InputError("the size of a sparse file is no number")
    name = records.get(b"GNU.sparse.name", b"")
    return Sparse(int(size) if size else -1, name, fields, inside)


def _old(header: bytes, chunks: Chunks) -> Sparse:
    if header[257:265] != b"ustar  \0":
        raise InputError("a sparse file in a header that is not GNU's")
    parts = [header[386:482]]
    more, count = header[482], 0
    while more:
        block = chunks.take(_BLOCK)
        count += 1
        if len(block) < _BLOCK:
            raise InputError("the archive ends within a header")
        if count > BLOCKS:
            raise CeilingError(f"a sparse file has more than {BLOCKS:,} header blocks")
        parts.append(block[:504])
        more = block[504]
    table = b"".join(parts)
    fields = tuple(table[at : at + 12] for at in range(0, len(table), 12))
    return Sparse(number(header[483:495], "size"), b"", fields, octal=True)


def head(sparse: Sparse, chunks: Chunks, size: int, count: int) -> bytes:
    """Return the first bytes of the file, as far as its first fragment and zeros tell them."""
    if sparse.inside:
        ahead = chunks.peek(2 * _BLOCK + count)
        end = ahead.find(b"\0")
        fields = tuple(ahead[: max(end, 0)].split(b"\n")[1:3])
        stored = ahead[-(-max(end, 1) // _BLOCK) * _BLOCK :]
    else:
        fields, stored = sparse.fields[:2], chunks.peek(count)
    try:
        ((at, length),) = _pairs(fields, octal=sparse.octal) or [(0, 0)]
    except (InputError, ValueError):
        return b""
    shown = min(size, count)
    return (bytes(min(at, shown)) + stored[:length]).ljust(shown, b"\0")[:shown]


def parts(sparse: Sparse, chunks: Chunks, stored: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of what is stored. InputError where the map can not be."""
    fields = sparse.fields
    if sparse.inside:
        fields, used = _inside(chunks, stored)
        stored -= used
    last = 0
    for at, length in _pairs(fields, octal=sparse.octal):
        if at < last or at + length > size or length > stored:
            raise InputError("the map of a sparse file does not fit it")
        last = at + length
        stored -= length
        for part in chunks.parts(length):
            yield at, part
            at += len(part)  # noqa: PLW2901 it goes on from there
        if at != last:
            raise InputError("the archive ends within a sparse file")


def _inside(chunks: Chunks, stored: int) -> tuple[tuple[bytes, ...], int]:
    """Return the map that stands before the data, and how many bytes it took."""
    blocks, lines, want = [], 0, 1
    while lines < want:
        block = chunks.take(_BLOCK)
        blocks.append(block)
        if len(block) < _BLOCK or len(blocks) * _BLOCK > min(stored, 48 * FRAGMENTS):
            raise InputError("the map of a sparse file has no end")
        if not lines and b"\n" in block:
            count = b"".join(blocks).split(b"\n", 1)[0]
            if not count.isdigit() or len(count) > 8 or int(count) > FRAGMENTS:  # noqa: PLR2004
                raise InputError(f"a sparse file has more than {FRAGMENTS:,} fragments")
            want = 1 + 2 * int(count)
        lines += block.count(b"\n")
    text = b"".join(blocks)
    return tuple(text.split(b"\n")[1:want]), len(text)


def _pairs(fields: tuple[bytes, ...], *, octal: bool) -> list[tuple[int, int]]:
    if len(fields) > 2 * FRAGMENTS:
        raise CeilingError(f"a sparse file has more than {FRAGMENTS:,} fragments")
    numbers: list[int] = []
    for field in fields:
        if octal:
            if not field[0] and not len(numbers) % 2:
                break  # the table ends
            numbers.append(number(field, "size"))
        elif field.isdigit() and len(field) <= 18:  # noqa: PLR2004
            numbers.append(int(field))
        else:
            raise InputError("the map of a sparse file is no list of numbers")
    if len(numbers) % 2 or (numbers and min(numbers) < 0):
        raise InputError("the map of a sparse file is not of pairs")
    return list(zip(numbers[::2], numbers[1::2], strict=True))
