"""A cluster becomes facts: a snapshot is taken into a folder, and that is read like any tree.

A live scan and a scan of the snapshot it would write read the same files, so they say the
same. History, and the policy of a folder around, are no part of either.
"""

import os
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from keten.collectors import cluster
from keten.config import Policy
from keten.errors import InputError, UsageError
from keten.formats.kubernetes.snapshot import NAME

if TYPE_CHECKING:
    from keten.pipeline.flow import Scanned

MEMBERS = 200_000
"""The most files of a snapshot in a tar."""
BYTES = 8 << 30
"""The most bytes of them."""
_HEADER = 512
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_GZIP = b"\x1f\x8b"
Progress = Callable[[str, int, int], None]


def is_snapshot(path: Path) -> bool:
    """Return whether *path* is a snapshot: a folder, or a tar that begins with its manifest."""
    if path.is_dir():
        return (path / NAME).is_file()
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEADER)
        if head.startswith(_GZIP):
            import gzip

            with gzip.open(path) as unpacked:
                head = unpacked.read(_HEADER)
    except (OSError, EOFError):
        return False
    return head.startswith(NAME.encode() + b"\0")


def collect_live(
    target: str,
    policy: Policy,
    options: cluster.Options,
    *,
    now: date,
    progress: Progress,
    every: bool = False,
) -> "Scanned":
    """Return the facts of a live cluster."""
    account = cluster.account_of(target, options.kubeconfig)
    with tempfile.TemporaryDirectory(prefix="keten-cluster-") as name:
        folder = Path(name)
        cluster.take(account, folder, options, progress)
        return _read(folder, target, policy, now=now, progress=progress, every=every)


def collect_snapshot(
    path: Path, policy: Policy, *, now: date, progress: Progress, every: bool = False
) -> "Scanned":
    """Return the facts of a snapshot."""
    if path.is_dir():
        return _read(path, path.resolve().name, policy, now=now, progress=progress, every=every)
    with tempfile.TemporaryDirectory(prefix="keten-cluster-") as name:
        unpack(path, Path(name))
        return _read(Path(name), path.name, policy, now=now, progress=progress, every=every)


def _read(
    folder: Path, name: str, policy: Policy, *, now: date, progress: Progress, every: bool
) -> "Scanned":
    from keten.pipeline import trees

    found = trees.collect(folder, policy, now=now, progress=progress, every=every, history=False)
    return structs.replace(found, target=structs.replace(found.target, name=name))


def taken() -> str:
    """Return the time that a snapshot tells: SOURCE_DATE_EPOCH, else now."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdecimal() and len(epoch) < 12:  # noqa: PLR2004 the year 5138
        moment = datetime.fromtimestamp(int(epoch), UTC)
    else:
        moment = datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def pack(folder: Path, file: Path) -> None:
    """Write the snapshot in *folder* as a tar, its manifest first; the same bytes each time."""
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    names.sort(key=lambda name: name != NAME)
    compressed = file.name.endswith((".gz", ".tgz"))
    try:
        with os.fdopen(os.open(file, _NEW, 0o600), "wb") as stream:
            if not compressed:
                with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    _add(tar, folder, names)
                return
            import gzip

            with (
                gzip.GzipFile("", "wb", 6, stream, mtime=0) as zipped,
                tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                _add(tar, folder, names)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def _add(tar: tarfile.TarFile, folder: Path, names: list[str]) -> None:
    for name in names:
        member = tarfile.TarInfo(name)
        member.size = (folder / name).stat().st_size
        member.mode = 0o600
        with (folder / name).open("rb") as content:
            tar.addfile(member, content)


def unpack(file: Path, folder: Path) -> None:
    """Unpack a snapshot: regular files below *folder* and nothing else; InputError for others."""
    count = size = 0
    try:
        with tarfile.open(file, mode="r|*") as tar:
            for member in tar:
                count, size = count + 1, size + max(0, member.size)
                if count > MEMBERS or size > BYTES:
                    raise InputError(f"{file}: more than {MEMBERS:,} files or {BYTES:,} bytes")
                parts = member.name.split("/")
                if not member.isreg() or any(part in ("", ".", "..") for part in parts):
                    raise InputError(f"{file}: {member.name[:80]!r} has no place in a snapshot")
                to = folder.joinpath(*parts)
                to.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None
                with to.open("wb") as out:
                    while chunk := content.read(1 << 20):
                        out.write(chunk)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"{file}: no tar of a snapshot: {str(error)[:200]}") from error
