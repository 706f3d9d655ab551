"""What the steps of collecting one image hand to one another."""

from collections.abc import Callable

from msgspec import Struct

from keten.model.facts import Facts
from keten.model.result import Target
from keten.pipeline.cache import Cache, key
from keten.transport.image.source import LayerRef, Opened


class Collected(Struct):
    """The facts of an image, what was looked at, and whether the cache has both."""

    facts: Facts
    target: Target
    kept: bool = False


class Stage(Struct, frozen=True):
    """What every step of one collection needs."""

    opened: Opened
    cache: Cache
    secrets: bool
    progress: Callable[[str, int, int], None]


def stamp_key(stamp: str, ref: LayerRef) -> str:
    """Return the key under which it is kept that a stored blob was checked."""
    return key("stamp", stamp, ref.diff_id, ref.descriptor.digest)
