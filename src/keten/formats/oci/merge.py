"""Layers applied one on another: the tree that a container runtime unpacks.

OCI image-spec 1.1 layer.md (changesets, whiteouts), and where it leaves room what umoci and
containerd do:

- a whiteout hides what lower layers left, never what its own layer brought, before or after;
- links in the parents of a path are followed inside the root, as github.com/cyphar/filepath-
  securejoin does: ``..`` takes a name away, whatever that name is;
- parents that no member describes are made, behind a dangling link too;
- a folder stays when a folder comes, all else is replaced, with what is in it;
- a hard link shares what its target is at that moment: a file, or a symbolic link itself.

A member that no runtime can unpack (below a file, a hard link to nothing) is left out and told.
"""

from array import array
from collections.abc import Sequence

from msgspec import Struct

from keten.errors import CeilingError
from keten.formats.archives.members import FOLDER, HARDLINK, SYMLINK, Members
from keten.formats.oci.nodes import LAYER, MEMBER, Folder, Node, Symlink

HOPS = 255
"""The most symbolic links on the way to one path (as in filepath-securejoin)."""
DEPTH = 2048
"""The deepest folder."""
LENGTH = 4096
"""The longest path of a folder (Linux's PATH_MAX): links lead to where names alone can not."""
STEPS = 3_000_000
"""The most steps of one merge: names looked up one by one, nodes visited for whiteouts."""
MADE = 24
"""How many steps a folder counts that is made because something lies in it."""
TOLD = 200
"""The most members left out that are told of one by one."""

_WHITEOUT, _OPAQUE, _AUFS = ".wh.", ".wh..wh..opq", ".wh..wh."
_LINKS = (SYMLINK, HARDLINK)
_NOWHERE = frozenset({"", ".", ".."})


class Refused(Struct, frozen=True):
    """A *member* of a *layer* that no runtime unpacks, and *why*."""

    layer: int
    member: int
    path: str
    why: str


class _RefusedError(Exception):
    """A member can not be unpacked."""


class Merge:
    """Applies layers, the lowest first, to *root*.

    *refused* are the first members that were left out, *left_out* counts them all. *stopped*
    is the layer in which a ceiling ended all, and why: nothing behind that is in the tree.
    With *whiteouts* False names that begin with ``.wh.`` are plain names.
    """

    def __init__(self, *, whiteouts: bool = True) -> None:
        self.root = Folder(None, "", -1)
        self.refused: list[Refused] = []
        self.left_out = 0
        self.stopped: tuple[int, CeilingError] | None = None
        self._whiteouts = whiteouts
        self._steps = STEPS
        self._owners: list[array[int]] = []
        self._parents: dict[str, Folder] = {}
        self._loose = False  # a ".." took away what was no folder: a link there changes the way
        self._layer = -1
        self._fresh = False

    def apply(self, layer: int, members: Members) -> None:
        """Apply the next layer; *layer* counts from 0. CeilingError: it would take too long."""
        self._layer = layer
        self._owners.append(members.owner_column())
        self._fresh = self._whiteouts and b".wh." in members.names
        self._parents.clear()
        number = layer << LAYER
        links = iter(members.links())
        parents, whiteouts = self._parents, self._fresh
        for path, kind in zip(members.paths(), members.kinds, strict=True):
            target = next(links) if kind in _LINKS else ""
            parent, _, name = path.rpartition("/")
            try:
                if whiteouts and name.startswith(_WHITEOUT):
                    self._whiteout(parent, name)
                else:
                    folder = parents.get(parent)
                    if folder is None:
                        folder = self._made(parent)
                    self._put(folder, name, kind, number, target)
            except _RefusedError as error:
                self.left_out += 1
                if len(self.refused) < TOLD:
                    self.refused.append(Refused(layer, number & MEMBER, path, str(error)))
            number += 1
        self._parents.clear()

    def _put(self, folder: Folder, name: str, kind: int, number: int, target: str) -> None:
        """Put one member in place of what is there."""
        there = folder.get(name)
        if kind == FOLDER:
            if there.__class__ is Folder:
                there.number = number
                if self._fresh:
                    self._touch(there)
                return
            if not name:
                self.root.number = number
                return
            made = self._folder(folder, name, number)
            self._remove(folder, name, there)
            folder[name] = made
            if self._fresh:
                self._touch(made)
            return
        if not name:
            raise _RefusedError("it would replace the root folder")
        if there is not None:
            self._remove(folder, name, there)
        if kind == HARDLINK:
            folder[name] = self._linked(target)
        elif kind == SYMLINK:
            if not target:
                raise _RefusedError("it is a symbolic link to nothing")
            folder[name] = Symlink(number, target)
        else:
            folder[name] = number
        if self._loose and kind in _LINKS:
            self._forget()
        if self._fresh:
            self._touch(folder)
            if folder.fresh is None:
                folder.fresh = set()
            folder.fresh.add(name)

    def _folder(self, parent: Folder, name: str, number: int) -> Folder:
        made = Folder(parent, name, number)
        if made.depth > DEPTH:
            raise CeilingError(f"folders are nested deeper than {DEPTH:,}")
        if made.length > LENGTH:
            raise _RefusedError(f"links lead it to a path of more than {LENGTH:,} characters")
        return made

    def _remove(self, folder: Folder, name: str, there: Node | None) -> None:
        if there is not None:
            del folder[name]
            if there.__class__ is not int:
                self._forget()

    def _forget(self) -> None:
        """Forget where parents are: something on the way has changed."""
        self._parents.clear()
        self._loose = False

    def _linked(self, target: str) -> Node:
        """Return what a hard link shares."""
        parent, _, name = target.rpartition("/")
        trail = self._trail(parent)
        there = trail[-1][1]
        found = there.get(name) if isinstance(there, Folder) and name else None
        if found is None:
            raise _RefusedError("it is a hard link to what is not there")
        if isinstance(found, Folder):
            raise _RefusedError("it is a hard link to a folder")
        return found

    def _touch(self, folder: Folder | None) -> None:
        """Note that this layer put something here or below."""
        while folder is not None and folder.touched != self._layer:
            folder.touched = self._layer
            folder.fresh = None
            folder = folder.parent

    def _made(self, path: str) -> Folder:
        """Return the folder at *path*, made with its parents where it is missing."""
        folder = self.root
        for name, node in self._trail(path)[1:]:
            if node is None:
                self._spend(MADE)
                below = self._folder(folder, name, self._implied(folder))
                folder[name] = below
                folder = below
            elif isinstance(node, Folder):
                folder = node
            else:
                raise _RefusedError("it lies below what is no folder")
        self._parents[path] = folder
        return folder

    def _implied(self, parent: Folder) -> int:
        """Return the number of a folder that is made because something lies in it.

        As the kernel does it, the set-group-ID bit and the group are the parent's.
        """
        number = parent.number
        if number >= 0:
            mode = self._owners[number >> LAYER][(number & MEMBER) * 3]
            return -2 - number if mode & 0o2000 else -1
        return number

    def _trail(self, path: str) -> list[tuple[str, Node | None]]:
        """Follow *path* and return the way from the root: names, and nodes where there are.

        Once a name is missing, or is no folder, all behind it is missing.
        """
        trail: list[tuple[str, Node | None]] = [("", self.root)]
        if not path:
            return trail
        if (known := self._parents.get(path)) is not None:
            return [*trail, (known.name, known)] if known.parent is not None else trail
        pending = path.split("/")[::-1]
        hops = 0
        while pending:
            name = pending.pop()
            self._spend(1)
            if name == "..":
                if len(trail) > 1 and not isinstance(trail.pop()[1], Folder):
                    self._loose = True
                continue
            if not name or name == ".":
                continue
            top = trail[-1][1]
            node = top.get(name) if isinstance(top, Folder) else None
            if not isinstance(node, Symlink):
                trail.append((name, node))
                continue
            hops += 1
            if hops > HOPS:
                raise _RefusedError("symbolic links on its way lead in a circle")
            if node.target.startswith("/"):
                del trail[1:]
            pending += node.target.split("/")[::-1]
            self._spend(node.target.count("/"))
        if isinstance(last := trail[-1][1], Folder):
            self._parents[path] = last
        return trail

    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise CeilingError(
                f"the layers take more than {STEPS:,} steps to merge",
                advice="Links and whiteouts are many and long: unpack it and scan the folder.",
            )

    def _whiteout(self, parent: str, name: str) -> None:
        """Hide what lower layers left under a name, or in a folder."""
        opaque = name == _OPAQUE
        aufs = not opaque and name.startswith(_AUFS)
        hidden = name.removeprefix(_WHITEOUT)
        if hidden in _NOWHERE:
            raise _RefusedError("it is a whiteout of no name")
        last = self._trail(parent)[-1][1]
        if aufs or not isinstance(last, Folder):
            return  # nothing is there to be hidden
        pending = [(last, child) for child in (list(last) if opaque else [hidden])]
        while pending:
            folder, child = pending.pop()
            self._spend(1)
            node = folder.get(child)
            if isinstance(node, Folder) and node.touched == self._layer:
                pending += [(node, below) for below in node]
            elif isinstance(node, Folder) or not (
                folder.touched == self._layer and folder.fresh and child in folder.fresh
            ):
                self._remove(folder, child, node)


def merge(layers: Sequence[Members], *, whiteouts: bool = True) -> Merge:
    """Return *layers* applied one on another, the lowest first, as far as ceilings allow."""
    merged = Merge(whiteouts=whiteouts)
    for number, members in enumerate(layers):
        try:
            merged.apply(number, members)
        except CeilingError as error:
            merged.stopped = (number, error)
            break
    return merged
