"""From a merged tree and what was kept of its files to facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

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
from keten.pipeline.read import Readers, read_one

PACKAGES = 60_000
"""The most packages of an image or root filesystem; large ones have some thousand."""
FILES = 30_000
"""The most files of one kind that are read: one package each, and what comes with it."""

Pieces = Mapping[str, bytes]


class Offer(Struct, frozen=True):
    """A file that a reader is to read: *told* is how the reader knows it, *real* where it is."""

    told: str
    real: str
    name: str
    reader: Reader


class Kept:
    """What was kept of the layers' files, by layer and member, and by path for lower layers.

    *layers* are each layer's member paths and the pieces of its kept members.
    """

    def __init__(self, layers: Sequence[tuple[Sequence[str], Mapping[int, Pieces]]]) -> None:
        self._names = [names for names, _ in layers]
        self._pieces = [dict(kept) for _, kept in layers]
        self._paths = [{names[m]: m for m in kept} for names, kept in layers]

    def path(self, layer: int, member: int) -> str:
        """Return where the layer itself puts a member."""
        return self._names[layer][member]

    def pieces(self, layer: int, member: int) -> Pieces | None:
        """Return what was kept of a file."""
        return self._pieces[layer].get(member)

    def add(self, layer: int, member: int, pieces: Pieces) -> None:
        """Keep more of a file."""
        mine = self._pieces[layer].setdefault(member, {})
        self._pieces[layer][member] = {**mine, **pieces}

    def below(self, path: str, layer: int) -> dict[int, Pieces]:
        """Return what the layers below *layer* have at *path*."""
        found = {}
        for number in range(layer):
            member = self._paths[number].get(path)
            if member is not None and (kept := self._pieces[number].get(member)):
                found[number] = kept
        return found


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
    for name, reader in readers.all:
        for anchor in reader.anchors:
            for told in _expand(tree, anchor):
                entry = file_at(tree, told)
                if entry is not None and (name, entry.path) not in seen:
                    seen.add((name, entry.path))
                    yield Offer(told, entry.path, name, reader)
    for path, layer, member in tree.places():
        pieces = kept.pieces(layer, member)
        if not pieces and kept.path(layer, member) == path:
            continue
        names = {name for name, _ in readers.wanted(path)}
        names.update(key.lstrip(picker.FAULT) for key in pieces or ())
        for name in sorted(names & by_name.keys()):
            if (name, path) not in seen:
                seen.add((name, path))
                yield Offer(path, path, name, by_name[name])


def _expand(tree: Tree, anchor: str) -> list[str]:
    folder, _, last = anchor.rpartition("/")
    if not any(sign in last for sign in "*?["):
        return [anchor]
    return [f"{folder}/{name}" for name in tree.names(folder) or () if fnmatchcase(name, last)]


def read(
    found: Sequence[Offer], tree: Tree, kept: Kept, layers: Sequence[Layer]
) -> Iterator[Facts]:
    """Yield the facts of every file that is offered, packages stamped with their layers."""
    files = TreeFiles(tree, kept)
    count = 0
    times: dict[str, int] = {}
    for offer in found:
        nth = times[offer.name] = times.get(offer.name, 0) + 1
        if nth > FILES:
            if nth == FILES + 1:
                what = f"more than {FILES:,} files for {offer.name}: from this one on none is read"
                yield Facts(problems=(_more(offer, what),))
            continue
        if count > PACKAGES:
            what = f"more than {PACKAGES:,} packages: from this file on nothing is read"
            yield Facts(problems=(_more(offer, what),))
            return
        entry = file_at(tree, offer.real)
        assert entry is not None
        pieces = kept.pieces(entry.layer, entry.member)
        if not pieces:
            continue
        facts = _facts(offer, pieces, files)
        if facts is None:
            continue
        count += sum(node.__class__ is Package for node in facts.nodes)
        if len(layers) > 1:
            below = kept.below(entry.path, entry.layer)
            earlier = {n: _later(offer, kept_there, files) for n, kept_there in below.items()}
            facts = since(facts, layers, entry.layer, earlier=earlier)
        elif layers:
            facts = stamp(facts, layers[entry.layer])
        yield facts
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
    advice = "Find out who made so much of it; what it brings is not known."
    return Problem(offer.told, what, link=offer.reader.link, need="installed", advice=advice)


def _later(offer: Offer, pieces: Pieces, files: TreeFiles) -> Callable[[], Facts]:
    return lambda: _facts(offer, pieces, files) or Facts()


def _evidence(offer: Offer, pieces: Pieces) -> Evidence:
    told = pieces[picker.DIGEST]
    size = int.from_bytes(told[32:], "little")
    return Evidence(
        f"sha256:{told[:32].hex()}", offer.reader.media_type, size, Origin("image", ".", offer.told)
    )
