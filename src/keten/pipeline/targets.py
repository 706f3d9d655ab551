"""What a target is, and how it becomes facts: a tree, an image, a root filesystem, an SBOM."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from keten.config import Policy
from keten.errors import UsageError
from keten.model.result import Result
from keten.pipeline import flow
from keten.pipeline.cache import Cache, default_folder
from keten.transport.image.open import Options, kind_of

if TYPE_CHECKING:  # imported where there is one
    from keten.advisories.database import Database

Progress = Callable[[str, int, int], None]
PREFIX = "sbom:"
REFERENCE_LIKE = re.compile(r"[a-z0-9][a-z0-9._/-]*")
"""What could be an image's name."""


class Access(Struct, frozen=True):
    """How images are reached, and what of them is kept.

    *base* is the image that the target is said to be built on; *cache* a folder, None for the
    user's own, "" for none.
    """

    image: Options = Options()
    base: str = ""
    cache: str | None = None


def is_sbom(target: str) -> bool:
    """Return whether *target* names a bill of materials: by its prefix, or by its content."""
    if target.startswith(PREFIX):
        return True
    if Path(target).is_dir() or kind_of(target) is not None:
        return False
    from keten.pipeline.sbom import scanning as bills

    return bills.is_sbom(target)


def folder_of(target: str) -> Path:
    """Return the folder whose keten.toml is the policy: the target's own, else the current."""
    if is_sbom(target):
        return Path(target.removeprefix(PREFIX)).parent
    path = Path(target)
    if path.is_dir() and kind_of(target) is None:
        return path
    return path.parent if path.is_file() and kind_of(target) is None else Path()


def scan(
    target: str,
    policy: Policy,
    *,
    access: Access,
    database: "Database | None",
    now: date,
    progress: Progress,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what *target* says, judged under *policy*; see keten.pipeline.flow.scan."""
    scanned = collect(target, policy, access=access, now=now, progress=progress)
    return flow.judge(scanned, policy, database=database, now=now, progress=progress, known=known)


def collect(
    target: str,
    policy: Policy,
    *,
    access: Access,
    now: date,
    progress: Progress,
    every: bool = False,
) -> flow.Scanned:
    """Return the facts of *target*; UsageError where there is no such thing."""
    if is_sbom(target):
        from keten.pipeline.sbom import scanning as bills

        return bills.collect(target, policy, now=now, progress=progress)
    kind = kind_of(target)
    if kind is None:
        path = Path(target)
        if not path.exists():
            raise UsageError(
                f"{target}: no such file or folder",
                advice="An image of a registry is named with its tag or digest, or as registry:"
                f"{target}."
                if REFERENCE_LIKE.fullmatch(target)
                else "",
            )
        from keten.pipeline import trees

        return trees.collect(path, policy, now=now, progress=progress, every=every)
    from keten.pipeline.images import scanning

    cache = Cache(default_folder() if access.cache is None else _folder(access.cache))
    return scanning.collect_target(
        target,
        policy,
        options=access.image,
        base=access.base,
        cache=cache,
        now=now,
        progress=progress,
        every=every,
    )


def _folder(name: str) -> Path | None:
    return Path(name) if name else None
