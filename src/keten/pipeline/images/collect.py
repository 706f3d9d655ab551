"""An image or root filesystem becomes facts: layers read or remembered, merged, read."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct, structs

from keten.formats.oci.tree import Tree
from keten.graph.store import merge
from keten.model.evidence import Evidence, Link, Origin, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.image import Content, Mismatch
from keten.model.plug import Scope
from keten.model.result import Target
from keten.pipeline import wire
from keten.pipeline.cache import Cache, key
from keten.pipeline.images import describe, reading
from keten.pipeline.images.picker import WHOLE, Picker, pieces
from keten.pipeline.images.programs import explained
from keten.pipeline.images.versions import fingerprint
from keten.pipeline.read import Readers
from keten.secrets import engine
from keten.transport.image import layers as streams
from keten.transport.image.source import LayerRef, Opened

CONFIGURATION = "configuration"
"""What the place of a fact in an image's configuration is called."""
_UNREAD = (
    "Pull or build the image again, and find out who changed it: what was signed or reviewed "
    "is not what lies there."
)


class Layer(Struct):
    """What is kept of one layer, whatever image it is in."""

    record: streams.LayerRecord
    programs: dict[int, str]
    secrets: bytes
    searched: int


class Collected(Struct):
    """The facts of an image and what was looked at."""

    facts: Facts
    target: Target


class _Stage(Struct, frozen=True):
    """What every step of one collection needs."""

    opened: Opened
    cache: Cache
    secrets: bool
    progress: Callable[[str, int, int], None]


def collect(
    opened: Opened,
    *,
    base: Opened | None,
    cache: Cache,
    secrets: bool,
    progress: Callable[[str, int, int], None],
) -> Collected:
    """Return the facts of an opened image. *base* is what the user says it was built on.

    What was read before is taken from *cache* where the stored blobs are still those that were
    checked then (or where only their digests tell, as in a registry).
    """
    stage = _Stage(opened, cache, secrets, progress)
    name = _image_key(stage, base)
    if name and (data := cache.get(name)):
        try:
            facts, target = msgspec.msgpack.decode(data, type=tuple[bytes, Target])
            return Collected(wire.unpack(facts), target)
        except msgspec.MsgspecError:
            pass
    made = _collect(stage, base)
    if name and not any(item.path == "" for item in made.facts.problems):
        cache.put(name, msgspec.msgpack.encode((wire.pack(made.facts), made.target)))
    cache.trim()
    return made


def _image_key(stage: _Stage, base: Opened | None) -> str:
    opened = stage.opened
    if opened.mismatches or not opened.config_digest:
        return ""
    parts: list[str] = []
    for ref in opened.layers:
        stamp = opened.stamp(ref)
        if stamp and stage.cache.get(_stamp_key(stamp, ref)) is None:
            return ""
        parts += [ref.diff_id, ref.descriptor.digest]
    return key(
        "image", fingerprint(), opened.name, opened.reference, opened.manifest_digest,
        opened.config_digest, parts, [r.diff_id for r in base.layers] if base else [],
        [base.name, base.reference] if base else [], str(stage.secrets),
    )  # fmt: skip


def _stamp_key(stamp: str, ref: LayerRef) -> str:
    return key("stamp", stamp, ref.diff_id, ref.descriptor.digest)


def _collect(stage: _Stage, base: Opened | None) -> Collected:
    opened = stage.opened
    readers = Readers(Scope.SYSTEM)
    found = [_layer(stage, ref, readers) for ref in opened.layers]
    wrong = opened.mismatches + tuple(m for x in found for m in x.record.mismatches)
    node = describe.image(opened, wrong, base)
    text = describe.settings(opened)
    told = engine.find(CONFIGURATION, text)
    lines = frozenset(place.line for place in told.places)
    node = describe.without(node, opened, lines)
    assert node.content is not None
    content = _sized(node.content, found)
    node = structs.replace(node, content=content)
    whole = not wrong and all(x.record.complete for x in found)
    parts = [
        Facts(
            (node,),
            looked=(Looked(node.ref, "image"),) if whole or wrong else (),
            problems=_broken(wrong, node.ref),
            places=(Place(node.ref, CONFIGURATION),),
            evidence=_evidence(opened),
        ),
    ]
    if stage.secrets:
        parts.append(told)
    tree = Tree([x.record.members for x in found])
    parts += _tree_facts(stage, tree, found, readers, content)
    parts += [_unread(tree, node.ref), *_secrets(tree, found, content)]
    problems = [p for part in parts for p in part.problems]
    if whole and not any(p.need == "installed" for p in problems):
        parts.append(Facts(looked=(Looked("*", "installed"),)))
    return Collected(merge(parts), _target(opened, content, tree, found))


def _layer(stage: _Stage, ref: LayerRef, readers: Readers) -> Layer:
    """Return what is kept of a layer: as it was kept before, else by reading it."""
    opened, cache = stage.opened, stage.cache
    stamp = opened.stamp(ref)
    checked = not stamp or cache.get(_stamp_key(stamp, ref)) is not None
    name = _layer_key(stage, ref)
    if name and checked and (data := cache.get(name)):
        try:
            return msgspec.msgpack.decode(data, type=Layer)
        except msgspec.MsgspecError:
            pass
    picker = Picker(readers, secrets=stage.secrets)
    size = sum(max(0, layer.descriptor.size) for layer in opened.layers)
    before = sum(max(0, layer.descriptor.size) for layer in opened.layers[: ref.number])
    stage.progress("reading", before, size)
    with opened.layer(ref) as stream:
        record = streams.read_layer(stream, ref, picker)
    made = Layer(record, _members(record, picker), wire.pack(picker.secrets()), picker.searched)
    if name and not record.mismatches and record.complete:
        cache.put(name, msgspec.msgpack.encode(made))
        if stamp:
            cache.put(_stamp_key(stamp, ref), b"1")
    return made


def _layer_key(stage: _Stage, ref: LayerRef) -> str:
    """Return the key of a layer's contents; "" where no digest names them."""
    if not ref.diff_id:
        return ""
    return key("layer", fingerprint(), ref.diff_id, ref.descriptor.digest, str(stage.secrets))


def _tree_facts(
    stage: _Stage, tree: Tree, found: Sequence[Layer], readers: Readers, content: Content
) -> list[Facts]:
    """Return what the merged tree says: packages, special files, secrets."""
    kept = reading.Kept([(x.record.members.paths(), x.record.kept) for x in found])
    offers = list(reading.offers(tree, kept, readers))
    _fetch(stage, tree, kept, offers)
    facts = merge(reading.read(offers, tree, kept, content.layers))
    return [explained(facts, tree, [x.programs for x in found], content.layers)]


def _fetch(stage: _Stage, tree: Tree, kept: reading.Kept, offers: Sequence[reading.Offer]) -> None:
    """Read again what is wanted after all: what links hid while its layer streamed by."""
    missing: dict[int, dict[int, list[reading.Offer]]] = {}
    for offer in offers:
        entry = reading.file_at(tree, offer.real)
        assert entry is not None
        there = kept.pieces(entry.layer, entry.member) or {}
        wanted = offer.name if offer.reader.sift else WHOLE
        streamed = offer.told == kept.path(entry.layer, entry.member)
        if not streamed and wanted not in there:
            missing.setdefault(entry.layer, {}).setdefault(entry.member, []).append(offer)
    for number, members in sorted(missing.items()):
        ref = stage.opened.layers[number]
        with stage.opened.layer(ref) as stream:
            data = streams.refetch(stream, ref, set(members))
        for member, wanted_by in members.items():
            plan = tuple((offer.name, offer.reader) for offer in wanted_by)
            made = pieces(wanted_by[0].told, data.get(member, b""), plan)
            kept.add(number, member, made or {})


def _members(record: streams.LayerRecord, picker: Picker) -> dict[int, str]:
    """Return the programs by member; of a name that a layer has twice, the last counts."""
    paths = record.members.paths()
    return {m: kind for m, path in enumerate(paths) if (kind := picker.programs.get(path))}


def _secrets(tree: Tree, found: Sequence[Layer], content: Content) -> list[Facts]:
    """Return the secrets of all layers, and whether the file is still to be seen."""
    parts = []
    for number, layer in enumerate(found):
        facts = wire.unpack(layer.secrets)
        if not facts.nodes and not facts.problems:
            continue
        diff_id = content.layers[number].diff_id
        nodes = []
        for node in facts.nodes:
            entry = reading.file_at(tree, node.path)
            gone = entry is None or entry.layer != number
            nodes.append(structs.replace(node, layer=diff_id, deleted=gone))
        parts.append(structs.replace(facts, nodes=tuple(nodes)))
    parts.append(Facts(looked=(Looked("*", "content"),)))
    return parts


def _unread(tree: Tree, about: str) -> Facts:
    """Return what of the layers no runtime would unpack."""
    problems = [
        Problem(
            path, f"layer {layer + 1}: {why}", link=Link.IMAGE, about=about, need="content",
            advice="Ask who built the image: a runtime refuses or leaves this out.",
        )
        for layer, path, why in tree.refused
    ]  # fmt: skip
    return Facts(problems=tuple(problems))


def _sized(content: Content, found: Sequence[Layer]) -> Content:
    layers = tuple(
        structs.replace(
            layer,
            digest=layer.digest or x.record.digest,
            diff_id=layer.diff_id or x.record.diff_id,
            unpacked=x.record.unpacked,
            size=layer.size or x.record.size,
        )
        for layer, x in zip(content.layers, found, strict=True)
    )
    return structs.replace(content, layers=layers, size=sum(layer.size for layer in layers))


def _broken(wrong: Sequence[Mismatch], about: str) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            item.what,
            f"{item.what} has the digest {item.found}, not {item.expected}: nothing was read of it",
            advice=_UNREAD,
            link=Link.IMAGE,
            about=about,
            need="installed",
        )
        for item in wrong
    )


def _evidence(opened: Opened) -> tuple[Evidence, ...]:
    """Return the records of the manifest and the configuration."""
    found = []
    for digest, kind, size, path in (
        (opened.manifest_digest, opened.manifest.media_type, -1, "manifest"),
        (opened.config_digest, opened.manifest.config.media_type,
         opened.manifest.config.size, CONFIGURATION),
    ):  # fmt: skip
        if digest:
            found.append(Evidence(digest, kind, size, Origin("image", ".", path)))
    return tuple(found)


def _target(opened: Opened, content: Content, tree: Tree, found: Sequence[Layer]) -> Target:
    return Target(
        name=opened.name,
        files=sum(1 for _ in tree.files()),
        bytes=sum(x.record.unpacked for x in found),
        passed_over=(("what the distribution's packages bring", "not searched for secrets"),),
        kind="image",
        digest=content.manifest or content.config,
        platform=content.platform,
        searched=sum(x.searched for x in found),
    )
