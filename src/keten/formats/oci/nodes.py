"""The nodes of a merged tree: folders that hold names, links, and what else there is."""

from typing import NamedTuple

LAYER = 32
"""A leaf's number is its layer, shifted by so many bits, and its member's index in it."""
MEMBER = (1 << LAYER) - 1
"""The bits of the member's index."""


class Symlink(NamedTuple):
    """A symbolic link: its leaf's *number* and what it points to."""

    number: int
    target: str


class Folder(dict[str, "Folder | Symlink | int"]):
    """A folder by its names. Hard links to one file are one number.

    *number* is that of the member that described it last, -1 where none did (a parent that
    was made because something lies in it), and -2 less the number of the folder of which it
    has the set-group-ID bit and the group. *touched* is the last layer that put something
    here or below, and *fresh* the names that layer put here. *length* is that of its path.
    """

    __slots__ = ("depth", "fresh", "length", "name", "number", "parent", "touched")

    def __init__(self, parent: "Folder | None", name: str, number: int) -> None:
        self.parent = parent
        self.name = name
        self.number = number
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.length: int = parent.length + len(name) + 1 if parent is not None else 0
        self.touched = -1
        self.fresh: set[str] | None = None

    def path(self, name: str = "") -> str:
        """Return the path from the root, of *name* in it where that is given."""
        parts = [name] if name else []
        folder = self
        while folder.parent is not None:
            parts.append(folder.name)
            folder = folder.parent
        return "/".join(reversed(parts))


Node = Folder | Symlink | int
