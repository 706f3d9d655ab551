"""From layers that were read to the facts of the tree that they make together."""

from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from keten.derive import requirements
from keten.formats.oci.tree import Tree
from keten.graph.store import merge
from keten.model.evidence import Link, Problem
from keten.model.facts import Facts, Looked
from keten.model.image import Layer
from keten.pipeline import wire
from keten.pipeline.images import reading
from keten.pipeline.images.picker import WHOLE, Picker, pieces
from keten.pipeline.images.programs import explained
from keten.pipeline.read import Readers
from keten.transport.image.layers import LayerRecord

DIVERSIONS = "var/lib/dpkg/diversions"
Fetch = Callable[[int, set[int]], dict[int, bytes]]
"""Reads members of a layer again: (number of the layer, members) to their bytes."""


class Unpacked(Struct):
    """What is kept of one layer, whatever image it is in.

    *programs* are the kinds of what can be executed, by member; *secrets* are Facts as bytes,
    *searched* how many texts were searched for them.
    """

    record: LayerRecord
    programs: dict[int, str]
    secrets: bytes
    searched: int


def unpacked(record: LayerRecord, picker: Picker) -> Unpacked:
    """Return what is kept of a layer that was read with *picker*."""
    programs: dict[int, str] = {}
    if picker.programs:
        for member, path in enumerate(record.members.paths()):
            if kind := picker.programs.get(path):
                programs[member] = kind
    return Unpacked(record, programs, wire.pack(picker.secrets()), picker.searched)


def assemble(
    found: Sequence[Unpacked], layers: Sequence[Layer], readers: Readers, fetch: Fetch
) -> tuple[Tree, list[Facts]]:
    """Return the merged tree and what it says: packages, special files, secrets, problems.

    *layers* tell of each what packages are stamped with; none for a root filesystem.
    """
    tree = Tree([x.record.members for x in found], whiteouts=bool(layers))
    kept = reading.Kept([(x.record.members.paths(), x.record.kept) for x in found])
    offers = list(reading.offers(tree, kept, readers))
    _fetch(kept, offers, fetch)
    facts = merge(reading.read(offers, tree, kept, layers))
    diversions = reading.TreeFiles(tree, kept).read(DIVERSIONS) or b""
    programs = [x.programs for x in found]
    parts = [explained(facts, tree, programs, layers, diversions=diversions)]
    parts.append(requirements.derive(parts[0]))
    parts += _secrets(tree, found, layers)
    problems = [problem for x in found for problem in x.record.problems]
    parts.append(Facts(problems=(*problems, *_refused(tree))))
    return tree, parts


def _fetch(kept: reading.Kept, offers: Sequence[reading.Offer], fetch: Fetch) -> None:
    """Read again what is wanted after all: what links hid while its layer streamed by."""
    missing: dict[int, dict[int, list[reading.Offer]]] = {}
    for offer in offers:
        there = kept.pieces(offer.layer, offer.member) or {}
        wanted = offer.name if offer.reader.sift else WHOLE
        streamed = offer.told == kept.path(offer.layer, offer.member)
        if not streamed and wanted not in there:
            missing.setdefault(offer.layer, {}).setdefault(offer.member, []).append(offer)
    for number, members in sorted(missing.items()):
        data = fetch(number, set(members))
        for member, wanted_by in members.items():
            plan = tuple((offer.name, offer.reader) for offer in wanted_by)
            made = pieces(wanted_by[0].told, data.get(member, b""), plan)
            kept.add(number, member, made or {})


def _secrets(tree: Tree, found: Sequence[Unpacked], layers: Sequence[Layer]) -> list[Facts]:
    """Return the secrets of all layers, and whether the file is still to be seen.

    A file that several layers bring has its secrets in each: those of lower ones have the
    layer's number after their id, as they may be others.
    """
    parts = [Facts(looked=(Looked("*", "content"),))]
    taken: set[str] = set()
    for number, layer in reversed(list(enumerate(found))):
        facts = wire.unpack(layer.secrets)
        if not facts.nodes and not facts.problems:
            continue
        nodes, names = [], {}
        for node in facts.nodes:
            name = node.id if node.ref not in taken else f"{node.id}@{number + 1}"
            entry = reading.file_at(tree, node.path)
            gone = entry is None or entry.layer != number
            diff_id = layers[number].diff_id if layers else ""
            by = layers[number].instruction if layers else ""
            made = structs.replace(node, id=name, layer=diff_id, deleted=gone, instruction=by)
            nodes.append(made)
            names[node.ref] = made.ref
            taken.add(made.ref)
        places = tuple(
            structs.replace(place, node=names.get(place.node, place.node)) for place in facts.places
        )
        parts.append(structs.replace(facts, nodes=tuple(nodes), places=places))
    return parts


def _stopped(tree: Tree) -> tuple[Problem, ...]:
    if tree.stopped is None:
        return ()
    layer, error = tree.stopped
    what = f"layer {layer + 1} is not applied to its end, nor those above it: {error.what}"
    advice = error.advice or "Find out who built it: no image needs that. Unpack it and scan that."
    return (Problem("", what, link=Link.IMAGE, need="installed", advice=advice),)


def _refused(tree: Tree) -> tuple[Problem, ...]:
    """Return what of the layers no runtime would unpack, or is too much to be put together."""
    found = _stopped(tree)
    return found + tuple(
        Problem(
            one.path, f"in layer {one.layer + 1}: {one.why}", link=Link.IMAGE, need="content",
            advice="Ask who built the image: a runtime refuses or leaves this out.",
        )
        for one in tree.refused
    )  # fmt: skip
