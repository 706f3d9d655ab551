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
MAX_VALUE = 1 << 18
"""The longest value of a field that is kept, in bytes; the rest of it is left out."""


def stanzas(data: bytes, wanted: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    r"""Yield for each stanza its first line's number and the *wanted* fields (lower case).

    Values have their lines joined by ``\n``, blanks around them taken off. A stanza that has
    none of the fields is passed over. CeilingError over ``MAX_STANZAS``.
    """
    keys = {name.lower().encode(): name.lower() for name in wanted}
    # Field names are mostly written as dpkg writes them: then no lower() is needed.
    keys |= {name.encode(): name.lower() for name in wanted}
    line = 1
    for count, block in enumerate(_blocks(data)):
        if count >= MAX_STANZAS:
            raise CeilingError(f"more than {MAX_STANZAS:,} stanzas", line=line)
        found = _fields(block[:MAX_STANZA], keys)
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


def _fields(block: bytes, keys: dict[bytes, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    held = ""
    parts: list[bytes] = []
    size = 0
    for line in block.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if held and size < MAX_VALUE:
                parts.append(line.strip())
                size += len(line)
            continue
        if line[:1] == b"#":
            continue
        if held:
            found.setdefault(held, _text(parts))
            held = ""
        name, colon, value = line.partition(b":")
        if colon:
            held = keys.get(name) or keys.get(name.strip().lower()[:80], "")
            if held:
                parts = [value[:MAX_VALUE].strip()]
                size = len(value)
    if held:
        found.setdefault(held, _text(parts))
    return found


def _text(parts: list[bytes]) -> str:
    return b"\n".join(parts)[:MAX_VALUE].decode("utf-8", "replace").strip()
