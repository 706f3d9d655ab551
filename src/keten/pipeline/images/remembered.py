"""What an image said when it was read last, where nothing of it has changed since.

Nothing that reads layers is imported before a layer has to be read.
"""

import msgspec

from keten.model.result import Target
from keten.pipeline.cache import key
from keten.pipeline.images.stage import Collected, Stage, stamp_key
from keten.pipeline.images.versions import fingerprint
from keten.transport.image.source import Opened


def collect(stage: Stage, base: Opened | None) -> Collected:
    """Return the facts of an opened image. *base* is what the user says it was built on.

    What was read before is taken from the cache where the stored blobs are still those that
    were checked then (or where only their digests tell, as in a registry).
    """
    from keten.pipeline import wire

    cache = stage.cache
    known = _name(stage, base)
    if known and (data := cache.get(known)):
        try:
            facts, target = msgspec.msgpack.decode(data, type=tuple[bytes, Target])
            return Collected(wire.unpack(facts), target, kept=True)
        except msgspec.MsgspecError:
            pass
    from keten.pipeline.images import collect as anew

    made = anew.collect(stage, base)
    known = _name(stage, base)
    if known and not any(item.path == "" for item in made.facts.problems):
        cache.put(known, msgspec.msgpack.encode((wire.pack(made.facts), made.target)))
        made.kept = True
    cache.trim()
    return made


def identity(stage: Stage, base: Opened | None) -> str:
    """Return what names all that an image can say; "" where its blobs are to be checked again."""
    opened = stage.opened
    if opened.mismatches or not opened.config_digest:
        return ""
    parts: list[str] = []
    for ref in opened.layers:
        stamp = opened.stamp(ref)
        if stamp and stage.cache.get(stamp_key(stamp, ref)) is None:
            return ""
        parts += [ref.diff_id, ref.descriptor.digest]
    return key(
        "image", opened.name, opened.reference, opened.manifest_digest, opened.config_digest,
        parts, [r.diff_id for r in base.layers] if base else [],
        [base.name, base.reference] if base else [], str(stage.secrets),
    )  # fmt: skip


def _name(stage: Stage, base: Opened | None) -> str:
    """Return the key of what the readers there are now make of an image, or ""."""
    told = identity(stage, base)
    return key("facts", told, fingerprint(stage.cache)) if told else ""
