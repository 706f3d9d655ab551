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
from keten.transport.image.open import Options, open_image

Progress = Callable[[str, int, int], None]


def collect_root(
    root: str, policy: Policy, *, now: date, progress: Progress, every: bool = False
) -> Scanned:
    """Return the facts of the root filesystem in a folder, and what could be judged of them."""
    from keten.pipeline.images import collect as anew

    secrets = every or asks_for_secrets(policy)
    made = anew.collect_root(Path(root), root, secrets=secrets, progress=progress)
    judged = judge_here(made.facts, policy, now)
    return Scanned(made.facts, judged, made.target, whole=False)


def collect_image(
    target: str,
    policy: Policy,
    *,
    kind: str,
    options: Options,
    base: str,
    cache: Cache,
    now: date,
    progress: Progress,
    every: bool = False,
) -> Scanned:
    """Return the facts of the image that *target* names, and what could be judged of them.

    *kind* is what ``kind_of`` tells of it. *base* names the image that it is said to be built
    on, "" where nobody says so.
    """
    secrets = every or asks_for_secrets(policy)
    with ExitStack() as stack:
        opened = stack.enter_context(closing(open_image(target, kind=kind, options=options)))
        below = stack.enter_context(closing(open_image(base, options=options))) if base else None
        made = collect(Stage(opened, cache, secrets, progress), below)
    judged = judge_here(made.facts, policy, now)
    return Scanned(made.facts, judged, made.target, whole=False)
