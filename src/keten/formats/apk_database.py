"""The installed database of apk-tools (version 2's text form, which version 3 writes too).

https://wiki.alpinelinux.org/wiki/Apk_spec: a stanza for each package, a line for each field, one
letter each; ``F:`` begins a folder, ``R:`` a file in it.
"""

from collections.abc import Iterator

from msgspec import Struct

from keten.errors import CeilingError

MAX_PACKAGES = 60_000
MAX_LINE = 1 << 18
MAX_HEAD = 1 << 20
OBJECT = 60
"""What a path takes in memory beside its characters, about."""


class Stanza(Struct, frozen=True):
    """One package: the *line* it begins at, its *fields* by letter, its files as written."""

    line: int
    fields: dict[str, str]
    listing: bytes

    def get(self, letter: str) -> str:
        """Return a field, "" where there is none."""
        return self.fields.get(letter, "")


def stanzas(data: bytes) -> Iterator[Stanza]:
    """Yield the packages in order; CeilingError over ``MAX_PACKAGES``."""
    line, start, count = 1, 0, 0
    while start < len(data):
        end = data.find(b"\n\n", start)
        end = len(data) if end < 0 else end
        files = data.find(b"\nF:", start, end)
        head = data[start : min(end if files < 0 else files, start + MAX_HEAD)]
        count += 1
        if count > MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages", line=line)
        if head.strip():
            before = len(head) - len(head.lstrip(b"\n"))
            listing = data[files + 1 : end] if files >= 0 else b""
            yield Stanza(line + before, _fields(head), listing)
        line += data.count(b"\n", start, end) + 2
        start = end + 2


def files(listing: bytes, *, most: int) -> list[str]:
    """Return the paths from the root of a stanza's files.

    CeilingError where they need more than *most* bytes: a folder stands once in the database
    and once in each of the paths.
    """
    found: list[str] = []
    folder = ""
    for line in listing.split(b"\n", most // OBJECT):
        kind = line[:2]
        if kind == b"R:":
            most -= len(line) + len(folder) + OBJECT
            if most < 0:
                raise CeilingError("more files than a system has")
            name = line[2:].decode("utf-8", "replace")
            found.append(f"{folder}/{name}" if folder else name)
        elif kind == b"F:":
            folder = line[2:].decode("utf-8", "replace").strip("/")
    return found


def names(text: str, *, most: int) -> list[str]:
    """Return the names of a list of dependencies or provisions, without versions.

    ``so:libc.musl-x86_64.so.1``, ``cmd:sh``, ``/bin/sh``, ``pc:zlib>=1.2`` are names too; what
    is in conflict (``!name``) is left out.
    """
    found = []
    for word in text.split()[:most]:
        if word[0] != "!":
            for sign in "<>=~@":
                word = word.partition(sign)[0]  # noqa: PLW2901 cut shorter
            if word:
                found.append(word)
    return found


def _fields(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.split(b"\n"):
        if line[1:2] == b":":
            key = chr(line[0])
            if key not in found:
                found[key] = line[2:MAX_LINE].decode("utf-8", "replace").strip()
    return found
