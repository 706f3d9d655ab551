"""From a merged tree and what was kept of its files to facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from keten.formats.archives.members import FILE
from keten.formats.oci.tree import Entry, Tree
from keten.model.delivery import Package
from keten.model.evidence import Evidence, Origin, Problem
from keten.model.facts import Facts
from keten.model.image import Layer
from keten.model.plug import Reader, Source
from keten.pipeline.images import picker
from keten.pipeline.images.attribution import since, stamp
from keten.pipeline.images.picker import FILES
from keten.pipeline.read import Readers, read_one

PACKAGES = 60_000
"""The most packages of an image or root filesystem; large ones have some thousand."""
EARLIER = 40_000
"""The most packages that are read of what lower layers had where a higher one has another.

An image of 40 layers of which each adds to a database of 1,000 packages. Past it a package is
told as brought by a higher layer than it may have been, and that is told too.
"""

Pieces = Mapping[str, bytes]


class Offer(Struct, frozen=True):
    """A file that a reader is to read: *told* is how the reader knows it, *real* where it is.

    *layer* and *member* say whose member it is.
    """

    told: str
    real: str
    layer: int
    member: int
    name: str
    reader: Reader


class Kept:
    """What was kept of the layers' files, by layer and member, and by path for lower layers.

    *layers* are each layer's member paths and the pieces of its kept members.
    """

    def __init__(self, layers: Sequence[tuple[Sequence[str], Mapping[int, Pieces]]]) -> None:
        self._names = [names for names, _ in layers]
        self._pieces = [dict(kept) for _, kept in layers]
        self._paths: dict[str, list[tuple[int, int]]] = {}
        if len(layers) > 1:
            for number, (names, kept) in enumerate(layers):
                for member in kept:
                    self._paths.setdefault(names[member], []).append((number, member))

    def path(self, layer: int, member: int) -> str:
        """Return where the layer itself puts a member."""
        return self._names[layer][member]

    def counts(self, told: str, layer: int, member: int) -> bool:
        """Return whether something was kept of a file, or its layer has it elsewhere."""
        return member in self._pieces[layer] or self._names[layer][member] != told

    def pieces(self, layer: int, member: int) -> Pieces | None:
        """Return what was kept of a file."""
        return self._pieces[layer].get(member)

    def found(self, tree: Tree) -> Iterator[tuple[str, int, int, Pieces]]:
        """Yield the files of which something was kept, or that lie elsewhere than they say."""
        names, pieces = self._names, self._pieces
        for path, layer, member in tree.places():
            there = pieces[layer].get(member)
            if there or names[layer][member] != path:
                yield path, layer, member, there or {}

    def add(self, layer: int, member: int, pieces: Pieces) -> None:
        """Keep more of a file."""
        mine = self._pieces[layer].setdefault(member, {})
        self._pieces[layer][member] = {**mine, **pieces}

    def below(self, path: str, layer: int) -> dict[int, Pieces]:
        """Return what the layers below *layer* have at *path*."""
        there = self._paths.get(path, ())
        return {number: self._pieces[number][member] for number, member in there if number < layer}


def file_at(tree: Tree, path: str) -> Entry | None:
    """Return the regular file to which *path* leads, links followed inside the root."""
    found = tree.find(path)
    return found if found is not None and found.kind == FILE else None


class TreeFiles:
    """A root filesystem as readers see it: see keten.model.plug.Files."""

    def __init__(self, tree: Tree, kept: Kept) -> None:
        self._tree = tree
        self._kept = kept

    def read(self, path: str) -> bytes | None:
        """Return a file that some reader keeps, whole or else sifted; None for all others."""
        entry = file_at(self._tree, path)
        pieces = entry and self._kept.pieces(entry.layer, entry.member)
        if not pieces:
            return None
        whole = pieces.get(picker.WHOLE)
        if whole is not None:
            return whole
        sifted = (key for key in pieces if key[0] not in (picker.FAULT, picker.DIGEST))
        return next((pieces[key] for key in sorted(sifted)), None)

    def exists(self, path: str) -> bool:
        """Return whether a regular file stands there."""
        return file_at(self._tree, path) is not None


def offers(tree: Tree, kept: Kept, readers: Readers) -> Iterator[Offer]:
    """Yield what is to be read: anchored files first, then the others by their own paths.

    A file is offered once to a reader. Of a file that lies elsewhere than its layer says, the
    readers are asked again; of the others they were asked while the layer streamed by.
    """
    by_name = dict(readers.all)
    seen: set[tuple[str, str]] = set()
    listed: dict[str, list[_Placed]] = {}
    for name, reader in readers.all:
        for anchor in reader.anchors:
            for told, real, layer, member in _anchored(tree, kept, anchor, listed):
                if (name, real) not in seen:
                    seen.add((name, real))
                    yield Offer(told, real, layer, member, name, reader)
    for path, layer, member, pieces in kept.found(tree):
        names = {name for name, _ in readers.wanted(path)}
        names.update(key.lstrip(picker.FAULT) for key in pieces)
        for name in sorted(names & by_name.keys()):
            if (name, path) not in seen:
                seen.add((name, path))
                yield Offer(path, path, layer, member, name, by_name[name])


_Placed = tuple[str, str, int, int]


def _anchored(
    tree: Tree, kept: Kept, anchor: str, listed: dict[str, list[_Placed]]
) -> Iterator[_Placed]:
    """Yield the files that *anchor* means: how it is told, its path, layer and member.

    Those are left out of which nothing was kept though the layer has them there. *listed* is
    what folders were found to have.
    """
    folder, _, last = anchor.rpartition("/")
    if not any(sign in last for sign in "*?["):
        entry = file_at(tree, anchor)
        if entry is not None and kept.counts(anchor, entry.layer, entry.member):
            yield anchor, entry.path, entry.layer, entry.member
        return
    if folder not in listed:
        listed[folder] = [
            (told, path, layer, member)
            for name, path, layer, member in tree.listed(folder)
            if kept.counts(told := f"{folder}/{name}", layer, member)
        ]
    match = picker.compiled(last)
    for placed in listed[folder]:
        if match(placed[0][len(folder) + 1 :]):
            yield placed


def read(
    found: Sequence[Offer], tree: Tree, kept: Kept, layers: Sequence[Layer]
) -> Iterator[Facts]:
    """Yield the facts of every file that is offered, packages stamped with their layers."""
    files = TreeFiles(tree, kept)
    past, told = _Past(files), False
    count = 0
    times: dict[str, int] = {}
    for offer in found:
        nth = times[offer.name] = times.get(offer.name, 0) + 1
        if nth > FILES:
            if nth == FILES + 1:
                yield Facts(problems=(_more(offer, picker.too_many(offer.name)),))
            continue
        if count > PACKAGES:
            what = f"more than {PACKAGES:,} packages: from this file on nothing is read"
            yield Facts(problems=(_more(offer, what),))
            return
        pieces = kept.pieces(offer.layer, offer.member)
        if not pieces:
            continue
        facts = _facts(offer, pieces, files)
        if facts is None:
            continue
        count += sum(node.__class__ is Package for node in facts.nodes)
        if len(layers) > 1:
            below = kept.below(offer.real, offer.layer)
            if below and len(facts.nodes) > EARLIER // 4:
                past.passed, below = True, {}  # no real database: its earlier ones cost as much
            earlier = {n: past.later(offer, kept_there) for n, kept_there in below.items()}
            facts = since(facts, layers, offer.layer, earlier=earlier)
        elif layers:
            facts = stamp(facts, layers[offer.layer])
        yield facts
        if past.passed and not told:
            told = True
            what = (
                f"lower layers have more than {EARLIER:,} packages in databases that higher ones "
                "wrote anew: what brought a package is told by the higher ones alone"
            )
            yield Facts(problems=(_more(offer, what),))
        if (facts.nodes or facts.problems) and picker.DIGEST in pieces:
            yield Facts(evidence=(_evidence(offer, pieces),))


def _facts(offer: Offer, pieces: Pieces, files: TreeFiles) -> Facts | None:
    reader = offer.reader
    fault = pieces.get(picker.FAULT + offer.name)
    if fault is not None:
        what = fault.decode("utf-8", "replace")
        return Facts(problems=(_more(offer, what),))
    data = pieces.get(offer.name if reader.sift else picker.WHOLE)
    if data is None or (not reader.sift and not all(mark in data for mark in reader.marks)):
        return None
    return read_one(offer.name, reader, Source(offer.told, data, files))


def _more(offer: Offer, what: str) -> Problem:
    """Return the problem of what is more than is read."""
    return Problem(offer.told, what, link=offer.reader.link, need="installed", advice=picker.MANY)


class _Past:
    """Reads what lower layers had, up to EARLIER packages in all."""

    def __init__(self, files: TreeFiles) -> None:
        self._files = files
        self._left = EARLIER
        self.passed = False

    def later(self, offer: Offer, pieces: Pieces) -> Callable[[], Facts]:
        """Return what reads the *pieces* of a lower layer as *offer* is read."""

        def read() -> Facts:
            if self._left <= 0:
                self.passed = True
                return Facts()
            facts = _facts(offer, pieces, self._files) or Facts()
            self._left -= len(facts.nodes)
            return facts

        return read


def _evidence(offer: Offer, pieces: Pieces) -> Evidence:
    told = pieces[picker.DIGEST]
    size = int.from_bytes(told[32:], "little")
    return Evidence(
        f"sha256:{told[:32].hex()}", offer.reader.media_type, size, Origin("image", ".", offer.told)
    )
