"""An image or root filesystem becomes facts: layers read or remembered, merged, read."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from keten.errors import CeilingError, KetenError
from keten.formats.oci.tree import Tree
from keten.graph.store import merge
from keten.model.evidence import Evidence, Link, Origin, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.image import Content, Mismatch
from keten.model.plug import Effort, Scope
from keten.model.result import Target
from keten.pipeline import wire
from keten.pipeline.cache import key
from keten.pipeline.images import describe
from keten.pipeline.images.assembly import Unpacked, assemble, unpacked
from keten.pipeline.images.picker import Picker
from keten.pipeline.images.stage import Collected, Stage, stamp_key
from keten.pipeline.images.versions import fingerprint
from keten.pipeline.read import Readers
from keten.transport.image import layers as streams
from keten.transport.image.room import Room
from keten.transport.image.rootfs import Rootfs
from keten.transport.image.source import LayerRef, Opened

CONFIGURATION = "configuration"
"""What the place of a fact in an image's configuration is called."""
PASSED_OVER = (("what distributions and registries publish", "not searched for secrets"),)
_FULL = "its members and those of the layers before it are more than are read"
_UNREAD = (
    "Pull or build the image again, and find out who changed it: what was signed or reviewed "
    "is not what lies there."
)


def collect(stage: Stage, base: Opened | None) -> Collected:
    """Return the facts of an opened image, from its layers."""
    opened = stage.opened
    readers = Readers(Scope.SYSTEM)
    found = _layers(stage, readers)
    wrong = opened.mismatches + tuple(m for x in found for m in x.record.mismatches)
    node = describe.image(opened, wrong, base)
    text = describe.settings(opened)
    told = _told(text, searched=stage.secrets)
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

    def fetch(number: int, members: set[int]) -> dict[int, bytes]:
        ref = opened.layers[number]
        with opened.layer(ref) as stream:
            return streams.refetch(stream, ref, members)

    tree, more = assemble(found, content.layers, readers, fetch)
    parts += more
    problems = [p for part in parts for p in part.problems]
    if whole and not any(p.need == "installed" for p in problems):
        parts.append(Facts(looked=(Looked("*", "installed"),)))
    return Collected(merge(parts), _target(opened, content, tree, found))


def _layers(stage: Stage, readers: Readers) -> list[Unpacked]:
    """Return what is kept of each layer, one that occurs again the first one's record."""
    room = Room()
    efforts: dict[str, Effort] = {}
    before: dict[tuple[str, str], Unpacked] = {}
    found = []
    size = sum(max(0, ref.descriptor.size) for ref in stage.opened.layers)
    done = 0
    for ref in stage.opened.layers:
        stage.progress("reading", done, size)
        done += max(0, ref.descriptor.size)
        again = (ref.descriptor.digest, ref.diff_id)
        made = before.get(again) if all(again) else None
        if made is None:
            made = _layer(stage, ref, readers, room, efforts)
        elif made.record.complete and not room.fits(made.record):
            made = _unread(ref, CeilingError(_FULL, advice="Unpack it and scan the folder."))
        room.spend(made.record)
        before.setdefault(again, made)
        found.append(made)
    return found


def _layer(
    stage: Stage,
    ref: LayerRef,
    readers: Readers,
    room: Room,
    efforts: dict[str, Effort],
) -> Unpacked:
    """Return what is kept of a layer: as it was kept before, else by reading it."""
    opened, cache = stage.opened, stage.cache
    stamp = opened.stamp(ref)
    checked = not stamp or cache.get(stamp_key(stamp, ref)) is not None
    name = _layer_key(stage, ref)
    if name and checked and (data := cache.get(name)):
        try:
            kept = msgspec.msgpack.decode(data, type=Unpacked)
            if room.fits(kept.record):
                return kept
        except msgspec.MsgspecError:
            pass
    picker = Picker(readers, secrets=stage.secrets, efforts=efforts)
    try:
        with opened.layer(ref) as stream:
            record = streams.read_layer(stream, ref, picker, room)
    except (KetenError, OSError) as error:
        return _unread(ref, error)
    made = unpacked(record, picker)
    if name and not record.mismatches and record.complete and picker.alone:
        cache.put(name, msgspec.msgpack.encode(made))
        if stamp:
            cache.put(stamp_key(stamp, ref), b"1")
    return made


def _unread(ref: LayerRef, error: KetenError | OSError) -> Unpacked:
    """Return a layer that could not be read at all: the others still count."""
    what = error.what if isinstance(error, KetenError) else error.strerror or str(error)
    advice = error.advice if isinstance(error, KetenError) else ""
    problem = Problem(
        "",
        f"layer {ref.number + 1} could not be read: {what}",
        advice=advice or "Pull or build the image again.",
        link=Link.IMAGE,
        need="installed",
    )
    record = streams.LayerRecord("", 0, ref.diff_id, 0, problems=(problem,), complete=False)
    return Unpacked(record, {}, wire.pack(Facts()), 0)


def _layer_key(stage: Stage, ref: LayerRef) -> str:
    """Return the key of a layer's contents; "" where no digest names them."""
    if not ref.diff_id:
        return ""
    code = fingerprint(stage.cache)
    return key("layer", code, ref.diff_id, ref.descriptor.digest, str(stage.secrets))


def _told(text: bytes, *, searched: bool) -> Facts:
    """Return the secrets in an image's configuration.

    Where nobody asked for secrets, what can not be one is not searched: no instruction that
    holds a secret is shown, but the detectors are dear to load.
    """
    if not searched and _HARMLESS.fullmatch(text):
        return Facts()
    from keten.secrets import engine

    return engine.find(CONFIGURATION, text)


# No word, address or run of characters that a secret has.
_HARMLESS = re.compile(
    rb"(?i)(?!.*(?:pass|pwd|secret|token|key|cred|auth|bearer|@|[a-z0-9+/_-]{20}))[\x20-\x7e\n]*+",
    re.DOTALL,
)


def _sized(content: Content, found: Sequence[Unpacked]) -> Content:
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


def collect_root(
    root: Path, name: str, *, secrets: bool, progress: Callable[[str, int, int], None]
) -> Collected:
    """Return the facts of a root filesystem in a folder. Nothing of it is kept."""
    readers = Readers(Scope.SYSTEM)
    picker = Picker(readers, secrets=secrets)
    progress("reading", 0, 0)
    with Rootfs(root) as folder:
        record = folder.read(picker)
        found = [unpacked(record, picker)]
        tree, parts = assemble(found, (), readers, lambda _, members: folder.fetch(record, members))
    problems = [p for part in parts for p in part.problems]
    if record.complete and not any(p.need == "installed" for p in problems):
        parts.append(Facts(looked=(Looked("*", "installed"), Looked("*", "image"))))
    sizes = [entry.size for entry in tree.files()]
    target = Target(
        name=name,
        files=len(sizes),
        bytes=sum(sizes),
        passed_over=PASSED_OVER,
        kind="rootfs",
        searched=picker.searched,
    )
    return Collected(merge(parts), target)


def _target(opened: Opened, content: Content, tree: Tree, found: Sequence[Unpacked]) -> Target:
    return Target(
        name=opened.name,
        files=tree.count(),
        bytes=sum(x.record.unpacked for x in found),
        passed_over=PASSED_OVER,
        kind="image",
        digest=content.manifest or content.config,
        platform=content.platform,
        searched=sum(x.searched for x in found),
    )
