"""What a target is, and how it becomes facts: a tree, an image, a root filesystem, an SBOM."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from keten.config import Policy
from keten.errors import UsageError
from keten.formats.lazy_pattern import lazy
from keten.model.result import Result
from keten.pipeline.cache import Cache, default_folder
from keten.transport.image.open import ROOTFS, Options, kind_of

if TYPE_CHECKING:  # imported where there is one
    from keten.pipeline.flow import Scanned
    from keten.pipeline.images.scanning import Asked

Progress = Callable[[str, int, int], None]
SBOM = "sbom"
TREE = "tree"
CLUSTER = "cluster"
SNAPSHOT = "snapshot"
NOTHING = ""
"""The kind of a target that is not there."""
PREFIX = "sbom:"
LIVE = "k8s://"
REFERENCE_LIKE = lazy(r"[a-z0-9][a-z0-9._/-]*")
"""What could be an image's name."""


class Named(Struct, frozen=True):
    """A target as the user named it, and what it is: the disk is asked once, by ``named``.

    *kind* is ``sbom``, ``tree`` (a folder or file), ``cluster`` (live), ``snapshot`` (of one),
    "" (there is no such thing), or an image's as ``keten.transport.image.open.kind_of`` tells.
    *folder* is whose keten.toml is the policy: the target's own, else the current one.
    """

    name: str
    kind: str
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """Return where it lies; for what is no image."""
        return Path(self.name.removeprefix(PREFIX) if self.kind == SBOM else self.name)

    @property
    def image(self) -> bool:
        """Return whether it is an image: stored, or in a registry."""
        return self.kind not in (SBOM, TREE, CLUSTER, SNAPSHOT, NOTHING, ROOTFS)


class Access(Struct, frozen=True):
    """How images are reached, and what of them is kept.

    *base* is the image that the target is said to be built on; *cache* a folder, None for the
    user's own, "" for none. *kubeconfig* is the file that was named for live clusters.
    """

    image: Options = Options()
    base: str = ""
    cache: str | None = None
    kubeconfig: str = ""


def named(target: str) -> Named:
    """Tell what *target* is: by its prefix, else by what lies there."""
    if target.startswith(PREFIX):
        return Named(target, SBOM, Path(target.removeprefix(PREFIX)).parent)
    if target.startswith(LIVE):
        return Named(target, CLUSTER)
    path = Path(target)
    if _is_snapshot(path):
        return Named(target, SNAPSHOT)
    if (kind := kind_of(target)) is not None:
        return Named(target, kind)
    if path.is_dir():
        return Named(target, TREE, path)
    if not path.is_file():
        # What is no regular file (a pipe) is told of where it is read.
        return Named(target, TREE if path.exists() else NOTHING)
    from keten.pipeline.sbom import scanning as bills

    return Named(target, SBOM if bills.is_sbom(target) else TREE, path.parent)


def scan(
    target: Named,
    policy: Policy,
    *,
    access: Access,
    database: Path | None,
    now: date,
    progress: Progress,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what *target* says, judged under *policy*.

    *database* is the file of the advisories; for the others see keten.pipeline.flow.judge.
    """
    if target.image:
        from keten.pipeline.images import scanning

        asked = _asked(target, policy, access, now=now, progress=progress)
        return scanning.scan_image(asked, database=database, known=known)
    from keten.pipeline import flow

    advisories = flow.opened(database)
    scanned = collect(target, policy, access=access, now=now, progress=progress)
    return flow.judge(scanned, policy, database=advisories, now=now, progress=progress, known=known)


def collect(
    target: Named,
    policy: Policy,
    *,
    access: Access,
    now: date,
    progress: Progress,
    every: bool = False,
) -> "Scanned":
    """Return the facts of *target*; UsageError where there is no such thing."""
    if target.kind == SBOM:
        from keten.pipeline.sbom import scanning as bills

        return bills.collect(target.name, policy, now=now, progress=progress)
    if target.kind in (CLUSTER, SNAPSHOT):
        return _cluster(target, policy, access, now=now, progress=progress, every=every)
    if target.kind == TREE:
        from keten.pipeline import trees

        return trees.collect(target.path, policy, now=now, progress=progress, every=every)
    if target.kind == NOTHING:
        raise UsageError(
            f"{target.name}: no such file or folder",
            advice="An image of a registry is named with its tag or digest, or as registry:"
            f"{target.name}."
            if REFERENCE_LIKE.fullmatch(target.name)
            else "",
        )
    from keten.pipeline.images import scanning

    if target.kind == ROOTFS:
        return scanning.collect_root(target.name, policy, now=now, progress=progress, every=every)
    asked = _asked(target, policy, access, now=now, progress=progress, every=every)
    return scanning.collect_image(asked)


def _is_snapshot(path: Path) -> bool:
    """Return whether a snapshot of a cluster lies there; what is asked of the disk is little."""
    if path.is_file() and path.name.endswith((".tar", ".tgz", ".tar.gz")):
        from keten.pipeline.clusters.scanning import is_snapshot

        return is_snapshot(path)
    return (path / "keten-snapshot.json").is_file()


def _cluster(
    target: Named, policy: Policy, access: Access, *, now: date, progress: Progress, every: bool
) -> "Scanned":
    from keten.pipeline.clusters import scanning

    if target.kind == SNAPSHOT:
        return scanning.collect_snapshot(
            target.path, policy, now=now, progress=progress, every=every
        )
    from keten.collectors.cluster import Options as Asking

    asking = Asking(scanning.taken(), kubeconfig=access.kubeconfig)
    return scanning.collect_live(
        target.name, policy, asking, now=now, progress=progress, every=every
    )


def _asked(
    target: Named,
    policy: Policy,
    access: Access,
    *,
    now: date,
    progress: Progress,
    every: bool = False,
) -> "Asked":
    from keten.pipeline.images.scanning import Asked

    return Asked(
        target=target.name,
        kind=target.kind,
        policy=policy,
        options=access.image,
        base=access.base,
        cache=Cache(default_folder() if access.cache is None else _folder(access.cache)),
        now=now,
        progress=progress,
        every=every,
    )


def _folder(name: str) -> Path | None:
    return Path(name) if name else None
