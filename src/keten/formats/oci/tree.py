"""The merged tree of an image: what stands where, found as a process in it would find it."""

from array import array
from collections.abc import Iterator, Sequence

from msgspec import Struct

from keten.formats.archives.members import FILE, FOLDER, SYMLINK, Members
from keten.formats.oci.merge import HOPS, merge
from keten.formats.oci.nodes import LAYER, MEMBER, Folder, Node, Symlink

STEPS = 20_000
"""The most names looked up to resolve one path."""


class Entry(Struct, frozen=True):
    """What stands at *path* (relative to the root, without links in it).

    *kind* as in formats.archives.members. *layer* and *member* say which member of which layer
    it is, for a hard link the one that it shares; both are -1 for a folder that no member
    describes. *target* is a symbolic link's, as written.
    """

    path: str
    kind: int
    mode: int
    uid: int
    gid: int
    size: int
    layer: int
    member: int
    target: str = ""
    capable: bool = False


class Hidden(Struct, frozen=True):
    """A regular file of a layer that is not in the final tree: removed or replaced."""

    layer: int
    member: int
    path: str
    size: int


class Tree:
    """What a runtime makes of *layers*, the lowest first; see ``merge``.

    *refused* are the first members that no runtime unpacks, *left_out* is how many there are;
    *stopped* tells the layer in which a ceiling was met, and which: the tree ends there.
    With *whiteouts* False (a folder on disk) ``.wh.`` names are plain.
    """

    def __init__(self, layers: Sequence[Members], *, whiteouts: bool = True) -> None:
        merged = merge(layers, whiteouts=whiteouts)
        self.refused = tuple(merged.refused)
        self.left_out = merged.left_out
        self.stopped = merged.stopped
        self._root = merged.root
        self._layers = tuple(layers)
        self._sizes = [members.size_column() for members in layers]
        self._owners = [members.owner_column() for members in layers]
        self._capable = [frozenset(members.capable) for members in layers]

    def __iter__(self) -> Iterator[Entry]:
        """Yield all that stands in the tree but the root, each folder's names in order."""
        for path, node in self._walk():
            yield self._entry(path, node)

    def files(self) -> Iterator[Entry]:
        """Yield the regular files, by folder and name; hard links each."""
        kinds = [members.kinds for members in self._layers]
        for path, node in self._walk():
            if type(node) is int and kinds[node >> LAYER][node & MEMBER] == FILE:
                yield self._entry(path, node)

    def places(self) -> Iterator[tuple[str, int, int]]:
        """Yield path, layer and member of what ``files`` does, in a third of the time."""
        kinds = [members.kinds for members in self._layers]
        pending = [("", self._root, iter(sorted(self._root)))]
        while pending:
            prefix, folder, names = pending[-1]
            for name in names:
                node = folder[name]
                if node.__class__ is int:
                    layer, member = node >> LAYER, node & MEMBER
                    if kinds[layer][member] == FILE:
                        yield prefix + name, layer, member
                elif node.__class__ is Folder:
                    pending.append((f"{prefix}{name}/", node, iter(sorted(node))))
                    break
            else:
                pending.pop()

    def executables(self) -> Iterator[Entry]:
        """Yield the regular files that someone may execute, or that carry capabilities."""
        for path, layer, member in self.places():
            if self._owners[layer][member * 3] & 0o111 or member in self._capable[layer]:
                yield self._entry(path, layer << LAYER | member)

    def sizes(self) -> dict[str, int]:
        """Return the size of each regular file, in bytes."""
        sizes = self._sizes
        return {path: sizes[layer][member] for path, layer, member in self.places()}

    def count(self) -> int:
        """Return how many regular files there are; hard links each."""
        kinds = [members.kinds for members in self._layers]
        pending, found = [self._root], 0
        while pending:
            for node in pending.pop().values():
                if node.__class__ is int:
                    found += kinds[node >> LAYER][node & MEMBER] == FILE
                elif node.__class__ is Folder:
                    pending.append(node)
        return found

    def entry(self, path: str) -> Entry | None:
        """Return what stands at *path*, with no link followed."""
        folder, _, name = path.rpartition("/")
        node: Node | None = self._root
        for part in folder.split("/") if folder else ():
            node = node.get(part) if isinstance(node, Folder) else None
        if name and isinstance(node, Folder):
            node = node.get(name)
        return None if node is None else self._entry(path, node)

    def resolve(self, path: str) -> str | None:
        """Return where *path* leads once all links are followed inside the root, or None.

        None too where there is nothing, or links lead in a circle.
        """
        found = self._find(path)
        return None if found is None else found[0]

    def find(self, path: str) -> Entry | None:
        """Return what stands where *path* leads, links followed inside the root."""
        found = self._find(path)
        return None if found is None else self._entry(*found)

    def names(self, path: str) -> list[str] | None:
        """Return the names in the folder to which *path* leads, sorted; None if it is none."""
        found = self._find(path)
        return sorted(found[1]) if found is not None and isinstance(found[1], Folder) else None

    def listed(self, path: str) -> Iterator[tuple[str, str, int, int]]:
        """Yield the regular files in the folder to which *path* leads, links to some too.

        As name, path, layer and member, by name.
        """
        found = self._find(path)
        if found is None or not isinstance(found[1], Folder):
            return
        real, folder = found[0], found[1]
        prefix = f"{real}/" if real else ""
        for name in sorted(folder):
            node = folder[name]
            if isinstance(node, Symlink):
                entry = self.find(prefix + name)
                if entry is not None and entry.kind == FILE:
                    yield name, entry.path, entry.layer, entry.member
            elif not isinstance(node, Folder):
                layer, member = node >> LAYER, node & MEMBER
                if self._layers[layer].kinds[member] == FILE:
                    yield name, prefix + name, layer, member

    def hidden(self) -> Iterator[Hidden]:
        """Yield the regular files of layers that the final tree does not have, in order."""
        live = [bytearray(members.count) for members in self._layers]
        pending = [self._root]
        while pending:
            for node in pending.pop().values():
                if node.__class__ is int:
                    live[node >> LAYER][node & MEMBER] = 1
                elif isinstance(node, Folder):
                    pending.append(node)
        for layer, members in enumerate(self._layers):
            marks, sizes = live[layer], self._sizes[layer]
            for member, path in enumerate(members.paths()):
                if members.kinds[member] == FILE and not marks[member]:
                    name = path.rpartition("/")[2]
                    if not name.startswith(".wh."):
                        yield Hidden(layer, member, path, sizes[member])

    def _walk(self) -> Iterator[tuple[str, Node]]:
        pending: list[Iterator[tuple[str, Node]]] = [_sorted(self._root, "")]
        while pending:
            for path, node in pending[-1]:
                yield path, node
                if node.__class__ is Folder:
                    pending.append(_sorted(node, path + "/"))
                    break
            else:
                pending.pop()

    def _entry(self, path: str, node: Node) -> Entry:
        target = ""
        if isinstance(node, Folder):
            number = node.number
            if number == -1:
                return Entry(path, FOLDER, 0o755, 0, 0, 0, -1, -1)
            if number < 0:
                above = -2 - number
                group = self._owners[above >> LAYER][(above & MEMBER) * 3 + 2]
                return Entry(path, FOLDER, 0o2755, 0, group, 0, -1, -1)
        elif isinstance(node, Symlink):
            number, target = node
        else:
            number = node
        layer, member = number >> LAYER, number & MEMBER
        owners: array[int] = self._owners[layer]
        at = member * 3
        return Entry(
            path,
            self._layers[layer].kinds[member],
            owners[at],
            owners[at + 1],
            owners[at + 2],
            self._sizes[layer][member],
            layer,
            member,
            target,
            member in self._capable[layer],
        )

    def _find(self, path: str) -> tuple[str, Node] | None:
        """Follow *path* as the kernel does in this root: ``..`` is the real parent."""
        folder = self._root
        pending = path.split("/")[::-1]
        hops = 0
        for _ in range(STEPS):
            if not pending:
                return folder.path(), folder
            name = pending.pop()
            if name == "..":
                folder = folder.parent or folder
                continue
            if not name or name == ".":
                continue
            node = folder.get(name)
            if isinstance(node, Folder):
                folder = node
            elif isinstance(node, Symlink):
                hops += 1
                if hops > HOPS:
                    return None
                if node.target.startswith("/"):
                    folder = self._root
                pending += node.target.split("/")[::-1]
            elif node is None or pending:
                return None
            else:
                return folder.path(name), node
        return None


def _sorted(folder: Folder, prefix: str) -> Iterator[tuple[str, Node]]:
    return ((prefix + name, folder[name]) for name in sorted(folder))


__all__ = ["FILE", "FOLDER", "SYMLINK", "Entry", "Hidden", "Tree"]
