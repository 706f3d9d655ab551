r"""What is in a layer or a root filesystem, as columns: tight in memory, quick to store.

A million members cost some 20 bytes each and their names; a list of records would cost ten
times that. Names are kept as the bytes they were; they are told as text, bytes that are no
UTF-8 as ``\\xNN``.
"""

import re
from array import array
from collections.abc import Iterator

from msgspec import Struct

FILE, FOLDER, SYMLINK, HARDLINK, PIPE, CHARACTER, BLOCK = b"fdlhpcb"
"""The kinds of members: codes in ``Members.kinds``."""

_LARGEST = 0xFFFFFFFF
_PART = 1 << 20


class Member(Struct, frozen=True):
    """One member: *path* is clean and relative to the root (the root itself is "").

    *kind* is one of FILE ... BLOCK, *mode* the permission bits (setuid and the like too),
    *target* what a link points to, as written for symbolic links and clean for hard links;
    *capable*: it carries ``security.capability``.
    """

    path: str
    kind: int
    mode: int
    uid: int
    gid: int
    size: int
    target: str = ""
    capable: bool = False


class Members(Struct, frozen=True, array_like=True):
    """The members in their order; the place in it is a member's index.

    *names* and *targets* are joined by NUL, the latter of links only. *numbers* are machine
    words in this machine's order (a cache is of one machine): size; then mode, uid, gid.
    """

    count: int = 0
    names: bytes = b""
    kinds: bytes = b""
    sizes: bytes = b""
    owners: bytes = b""
    targets: bytes = b""
    capable: tuple[int, ...] = ()

    def paths(self) -> list[str]:
        """Return the path of each member."""
        if len(self.names) <= _PART:
            return told(self.names).split("\0") if self.count else []
        found: list[str] = []
        at = 0
        while at <= len(self.names):  # in parts: tens of megabytes are not held a second time
            end = self.names.find(b"\0", at + _PART)
            end = end if end >= 0 else len(self.names)
            found += told(self.names[at:end]).split("\0")
            at = end + 1
        return found

    def links(self) -> list[str]:
        """Return the targets of the links, hard and symbolic, in order."""
        return told(self.targets).split("\0")

    def size_column(self) -> "array[int]":
        """Return the size of each member, in bytes."""
        return array("Q", self.sizes)

    def owner_column(self) -> "array[int]":
        """Return mode, uid and gid of each member, one after the other."""
        return array("I", self.owners)

    def __iter__(self) -> Iterator[Member]:
        links = iter(self.links())
        sizes, owners, capable = self.size_column(), self.owner_column(), frozenset(self.capable)
        for index, (path, kind) in enumerate(zip(self.paths(), self.kinds, strict=True)):
            mode, uid, gid = owners[index * 3 : index * 3 + 3]
            target = next(links) if kind in (SYMLINK, HARDLINK) else ""
            yield Member(path, kind, mode, uid, gid, sizes[index], target, index in capable)


class Builder:
    """Takes members in and makes the columns."""

    def __init__(self) -> None:
        self.count = 0
        self._names = bytearray()
        self._kinds = bytearray()
        self._sizes = array("Q")
        self._owners = array("I")
        self._targets = bytearray()
        self._capable: list[int] = []

    def add(self, path: bytes, kind: int, size: int, held: "array[int]", target: bytes) -> int:
        """Take in a member and return its index. *path* has no NUL; *held*: see ``owner``."""
        self._names += path + b"\0"
        self._kinds.append(kind)
        self._sizes.append(size)
        self._owners += held
        if kind in _LINKS:
            self._targets += target + b"\0"
        index = self.count
        self.count = index + 1
        return index

    def capable(self, index: int) -> None:
        """Note that a member carries ``security.capability``."""
        self._capable.append(index)

    def weight(self) -> int:
        """Return how many bytes the names and targets have."""
        return len(self._names) + len(self._targets)

    def members(self) -> Members:
        """Return what was taken in."""
        return Members(
            self.count,
            bytes(self._names[:-1]),
            bytes(self._kinds),
            self._sizes.tobytes(),
            self._owners.tobytes(),
            bytes(self._targets[:-1]),
            tuple(self._capable),
        )


_LINKS = bytes((SYMLINK, HARDLINK))


def owner(mode: int, uid: int, gid: int) -> "array[int]":
    """Return what Builder.add takes; numbers beyond 32 bits are held at their ends."""
    clipped = (min(max(number, 0), _LARGEST) for number in (uid, gid))
    return array("I", (mode & 0o7777, *clipped))


def told(name: bytes) -> str:
    r"""Return *name* as text; bytes that are no UTF-8 as ``\\xNN``."""
    return name.decode("utf-8", "backslashreplace")


def clean(name: bytes) -> bytes:
    """Return *name* relative to the root: no ``.``, no ``//``, ``..`` never above the root."""
    if not _odd(name):
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
        elif part not in _NOTHING:
            parts.append(part)
    return b"/".join(parts)


_odd = re.compile(rb"\A[./]|/(?:[./]|\Z)").search
_NOTHING = (b"", b".")


class Cleaner(dict[bytes, bytes]):
    """Cleans names of which many stand in the same folder; call it with each."""

    def __missing__(self, folder: bytes) -> bytes:
        if len(self) > FOLDERS:
            self.clear()
        cleaned = clean(folder)
        self[folder] = cleaned = cleaned + b"/" if cleaned else b""
        return cleaned

    def __call__(self, name: bytes) -> bytes:
        """Return what ``clean`` does."""
        folder, slash, last = name.rpartition(b"/")
        if not slash or last in _SPECIAL:
            return clean(name)
        return self[folder] + last


FOLDERS = 512
"""How many folders a Cleaner remembers."""
_SPECIAL = frozenset({b"", b".", b".."})
