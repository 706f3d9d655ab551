"""An image or a root filesystem as a target: opened, collected, and judged where it can be."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

from keten.config import Policy
from keten.pipeline.cache import Cache
from keten.pipeline.choosing import asks_for_secrets
from keten.pipeline.flow import Scanned, judge_here
from keten.pipeline.images.remembered import Stage, collect
from keten.transport.image.open import ROOTFS, Options, kind_of, open_image


def collect_target(
    target: str,
    policy: Policy,
    *,
    options: Options,
    base: str,
    cache: Cache,
    now: date,
    progress: Callable[[str, int, int], None],
    every: bool = False,
) -> Scanned:
    """Return the facts of the image that *target* names, and what could be judged of them.

    *base* names the image that it is said to be built on, "" where nobody says so.
    """
    secrets = every or asks_for_secrets(policy)
    if kind_of(target) == ROOTFS:
        from keten.pipeline.images.collect import collect_root

        made = collect_root(Path(target), target, secrets=secrets, progress=progress)
        judged = judge_here(made.facts, policy, now)
        return Scanned(made.facts, judged, made.target, whole=False)
    with ExitStack() as stack:
        opened = stack.enter_context(closing(open_image(target, options=options)))
        below = stack.enter_context(closing(open_image(base, options=options))) if base else None
        made = collect(Stage(opened, cache, secrets, progress), below)
    judged = judge_here(made.facts, policy, now)
    return Scanned(made.facts, judged, made.target, whole=False)
