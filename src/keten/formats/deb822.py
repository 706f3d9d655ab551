"""Stanzas of ``Field: value`` lines, as dpkg's status file and Debian's control files have them.

deb822(5): field names are case-insensitive, a line that begins with a blank continues the field
before, ``#`` begins a comment, an empty line ends a stanza. Only the fields that are asked for
are kept, so that a database of 100 MB costs little more than its length.
"""

from collections.abc import Iterable, Iterator

from keten.errors import CeilingError

MAX_STANZAS = 200_000
MAX_STANZA = 1 << 22
"""What of one stanza is read, in bytes: real ones have some thousand."""
MAX_LINES = 1000
"""So many lines of a stanza whose fields are spelled in an unusual case are looked at."""
MAX_VALUE = 1 << 18
"""The longest value of a field that is kept, in bytes; the rest of it is left out."""


def stanzas(data: bytes, wanted: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    r"""Yield for each stanza its first line's number and the *wanted* fields (lower case).

    Values have their lines joined by ``\n``, blanks around them taken off. A stanza that has
    none of the fields is passed over. CeilingError over ``MAX_STANZAS``.
    """
    names = tuple(wanted)
    marks = [(f"\n{name}:".encode(), name.lower()) for name in names]
    first = marks[0][0]
    line = 1
    for count, block in enumerate(_blocks(data)):
        if count >= MAX_STANZAS:
            raise CeilingError(f"more than {MAX_STANZAS:,} stanzas", line=line)
        held = b"\n" + block[:MAX_STANZA]
        found = _found(held, marks) if first in held else _fields(held, names)
        if found:
            yield line + len(block) - len(block.lstrip(b"\n")), found
        line += block.count(b"\n") + 2


def _blocks(data: bytes) -> Iterator[bytes]:
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    start = 0
    while True:
        end = data.find(b"\n\n", start)
        if end < 0:
            yield data[start:]
            return
        yield data[start:end]
        start = end + 2


def _found(block: bytes, marks: list[tuple[bytes, str]]) -> dict[str, str]:
    """Return the fields as dpkg itself spells them: sought, so that the others cost nothing."""
    found = {}
    for mark, name in marks:
        start = block.find(mark)
        if start < 0:
            continue
        start += len(mark)
        end = block.find(b"\n", start)
        while end >= 0 and block[end + 1 : end + 2] in _BLANKS:
            end = block.find(b"\n", end + 1)
        value = block[start:end] if end >= 0 else block[start:]
        text = value[:MAX_VALUE].decode("utf-8", "replace")
        if "\n" in text:
            text = "\n".join(part.strip() for part in text.split("\n"))
        found[name] = text.strip()
    return found


def _fields(block: bytes, names: tuple[str, ...]) -> dict[str, str]:
    """Return the fields in whatever case they are spelled."""
    wanted = {name.lower().encode() for name in names}
    marks = []
    for line in block.split(b"\n", MAX_LINES):
        name = line[:80].partition(b":")[0]
        if name[:1] not in _BLANKS and name.lower() in wanted:
            marks.append((b"\n" + name + b":", name.lower().decode()))
    return _found(block, marks[:MAX_LINES])


_BLANKS = (b" ", b"\t")
