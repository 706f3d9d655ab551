"""An image or a root filesystem as a target: opened, collected, and judged where it can be."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from keten.config import Policy
from keten.model.result import Result
from keten.pipeline.cache import Cache
from keten.pipeline.choosing import asks_for_secrets
from keten.pipeline.images import kept, remembered
from keten.pipeline.images.stage import Collected, Stage
from keten.transport.image.open import Options, open_image
from keten.transport.image.source import Opened

if TYPE_CHECKING:  # imported where something is judged
    from keten.pipeline.flow import Scanned

Progress = Callable[[str, int, int], None]


class Asked(Struct, frozen=True, kw_only=True):
    """An image that is to be scanned, and how.

    *kind* is what ``kind_of`` tells of *target*. *base* names the image that it is said to be
    built on, "" where nobody says so. *every*: all that can be known of it, whatever is judged.
    """

    target: str
    kind: str
    policy: Policy
    options: Options
    base: str
    cache: Cache
    now: date
    progress: Progress
    every: bool = False


def collect_root(
    root: str, policy: Policy, *, now: date, progress: Progress, every: bool = False
) -> "Scanned":
    """Return the facts of the root filesystem in a folder, and what could be judged of them."""
    from keten.pipeline.images import collect as anew

    secrets = every or asks_for_secrets(policy)
    made = anew.collect_root(Path(root), root, secrets=secrets, progress=progress)
    return _scanned(made, policy, now)


def collect_image(asked: Asked) -> "Scanned":
    """Return the facts of an image, and what could be judged of them."""
    with _opened(asked) as (stage, base):
        made = remembered.collect(stage, base)
    return _scanned(made, asked.policy, asked.now)


def scan_image(asked: Asked, *, database: Path | None, known: frozenset[str]) -> Result:
    """Return what an image says, judged: as it was judged before, where nothing has changed."""
    policy, cache, now = asked.policy, asked.cache, asked.now
    told = kept.stamp(database)

    def name(stage: Stage, base: Opened | None) -> str:
        image = remembered.identity(stage, base)
        return kept.name(image, policy, told, now=now, known=known, cache=cache)

    with _opened(asked) as (stage, base):
        if (found := kept.get(cache, name(stage, base))) is not None:
            return found
        from keten.pipeline import flow

        advisories = flow.opened(database)
        made = remembered.collect(stage, base)
        after = name(stage, base) if made.kept and kept.told(made.facts) else ""
        of = stage.opened
        digests = () if of.mismatches else (of.manifest_digest, of.index_digest, of.config_digest)
    result = flow.judge(
        _scanned(made, policy, now), policy, database=advisories, now=now,
        progress=asked.progress, known=known,
    )  # fmt: skip
    kept.put(cache, after, result, digests)
    return result


@contextmanager
def _opened(asked: Asked) -> Iterator[tuple[Stage, Opened | None]]:
    secrets = asked.every or asks_for_secrets(asked.policy)
    options = asked.options
    with closing(open_image(asked.target, kind=asked.kind, options=options)) as opened:
        base = closing(open_image(asked.base, options=options)) if asked.base else nullcontext()
        with base as below:
            yield Stage(opened, asked.cache, secrets, asked.progress), below


def _scanned(made: Collected, policy: Policy, now: date) -> "Scanned":
    from keten.pipeline.flow import Scanned, judge_here

    judged = judge_here(made.facts, policy, now)
    return Scanned(made.facts, judged, made.target, whole=False)
