"""How a program that no package database knows is told by its name and by its own bytes.

A classifier is data: the names of its file, and where its version stands. An *anchor* is a
literal that is searched at the speed of memory; the pattern is tried only around it, so that
time is linear in the file whatever it holds.
"""

import re

from msgspec import Struct

from keten.formats.programs.executable import Buffer, searchable

BACK = 128
"""How many bytes before an anchor the pattern may see, where the sign does not say."""
AHEAD = 128
"""How many from the anchor on."""
MAX_HITS = 4000
"""How often an anchor is looked at in one file."""


class Sign(Struct, frozen=True):
    """Where a version stands: *pattern* (its first group the version) around *anchor*.

    *alone*: it counts only where all of the file's hits tell the same version. *back* is how
    many bytes before the anchor the pattern may see.
    """

    anchor: bytes
    pattern: bytes
    alone: bool = False
    back: int = BACK


class Classifier(Struct, frozen=True):
    """One program. *names* are base names of its file, whole; each number in one is ``*``.

    *path* is a pattern that the end of the path must match, where the name alone is too common;
    *prefix* one that the base name must match, whose group the version begins with
    (``python3.11``; ``python3`` is left alone, for which 3 it is no name says).
    *product* is its name in PURL of *type*, and *id* tells one classifier from the others.
    *rather*: where a file of this name stands in the same folder it is that one that is told, for
    the others are its hard links.
    """

    id: str
    product: str
    names: tuple[str, ...]
    signs: tuple[Sign, ...]
    type: str = "generic"
    namespace: str = ""
    path: str = ""
    prefix: str = ""
    text: bool = False
    rather: str = ""

    def fits(self, path: str) -> bool:
        """Return whether *path*, whose base name is one of *names*, is this program's."""
        name = path.rpartition("/")[2]
        return re.search(self.path, path) is not None and re.match(self.prefix, name) is not None

    def version(self, data: Buffer, name: str = "") -> str:
        """Return the version that *data* tells, "" where it tells none."""
        whole = searchable(data)
        begins = re.match(self.prefix, name) if self.prefix and name else None
        start = begins[1] + "." if begins else ""
        for sign in self.signs:
            found = _versions(whole, sign, start)
            if found and (not sign.alone or len(set(found)) == 1):
                return found[0]
        return ""


def starred(name: str) -> str:
    """Return a file's *name* with ``*`` for each number or version in it.

    ``libruby-3.3.so.3.3.1`` is ``libruby-*.so.*``: a release yet to come has that name too.
    """
    return _NUMBER.sub("*", name)


def glob(name: str) -> str:
    """Return the shell pattern of the files whose name with stars is *name*, and a few more."""
    return name.replace("*", "[0-9]*")


_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def _versions(data: Buffer, sign: Sign, start: str) -> list[str]:
    """Return the versions around the anchor, in order: the first alone, unless all count."""
    pattern = re.compile(sign.pattern)
    found: list[str] = []
    at = data.find(sign.anchor)  # type: ignore[union-attr]  # searchable
    for _ in range(MAX_HITS):
        if at < 0:
            break
        window = bytes(data[max(0, at - sign.back) : at + len(sign.anchor) + AHEAD])
        for match in pattern.finditer(window):
            version = match[1].decode("ascii", "replace")
            if version.startswith(start):
                found.append(version)
                if not sign.alone:
                    return found
        at = data.find(sign.anchor, at + len(sign.anchor))  # type: ignore[union-attr]
    return found
