"""Publish a database as a signed bundle: a TUF repository in a folder, or in one file.

``metadata/``  ``N.root.json``, ``N.targets.json``, ``N.snapshot.json``, ``timestamp.json``
``targets/``   ``SHA256.advisories-SCHEMA.db.gz`` (the whole) and ``SHA256.delta-….gz`` (from
               each of the last bundles to the next)
"""

import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from keten.advisories import delta, packed, state
from keten.advisories.database import Database
from keten.advisories.layout import SCHEMA
from keten.advisories.pull import FULL, Step, Whole
from keten.advisories.signing_keys import Keys, count, counted, stamp
from keten.errors import InputError, UsageError
from keten.formats import tuf
from keten.formats.tuf import Target, Targets
from keten.trust import tuf_signing
from keten.trust.tuf import Trusted

if TYPE_CHECKING:
    from keten.transport.image.exchange import Access

DAYS = 8
LONG_DAYS = 30
DELTAS = 14
"""How many of the last deltas are kept: who is further behind pulls the whole."""


class Released(Struct, frozen=True):
    """What was published. *delta*: bytes of the delta from the bundle before, 0 without one."""

    version: int
    content: str
    size: int
    delta: int
    until: str


Files = dict[str, bytes | Path]


def release(
    database: Path,
    keys: Keys,
    to: str,
    *,
    now: datetime,
    days: int = DAYS,
    access: "Access | None" = None,
) -> Released:
    """Sign *database* and write it *to* a folder, a file or ``oci://…``; the next in number.

    *access* is how a registry is asked.
    """
    folder = Path(to) if is_folder(to) else None
    with tempfile.TemporaryDirectory(prefix="keten-export-") as scratch:
        files, released = bundle(database, keys, folder, now=now, days=days, scratch=Path(scratch))
        deliver(files, to, access)
    return released


def is_folder(to: str) -> bool:
    """Return whether what the user names to write to is a folder."""
    return not to.startswith("oci://") and not to.endswith((".tar", ".bundle"))


def deliver(files: Files, to: str, access: "Access | None" = None) -> None:
    """Write a bundle's files to a folder, a file or ``oci://…``."""
    if to.startswith("oci://"):
        from keten.advisories.oci import Registry

        Registry(to.removeprefix("oci://"), access).put(files)
    elif is_folder(to):
        _lay(files, checked(Path(to)))
    else:
        Path(to).parent.mkdir(parents=True, exist_ok=True)
        packed.pack(files, Path(to))


def collected(folder: Path, *, deltas: bool) -> Files:
    """Return the files of the last bundle in a folder, to deliver them elsewhere."""
    targets = _targets(folder)
    if not targets:
        raise UsageError(f"{folder} holds no bundle", advice="keten db export --to makes one.")
    version = _last(folder)
    names = [f"{version}.targets.json", f"{version}.snapshot.json", "timestamp.json"]
    names += [path.name for path in (folder / "metadata").glob("*.root.json")]
    files: Files = {f"metadata/{name}": folder / "metadata" / name for name in names}
    for name, target in targets.items():
        if deltas or name == FULL:
            path = _file(folder, name, target)
            files[f"targets/{path.name}"] = path
    return files


def bundle(
    database: Path, keys: Keys, earlier: Path | None, *, now: datetime, days: int, scratch: Path
) -> tuple[Files, Released]:
    """Return the files of a bundle by path; *earlier* is the folder of the bundles before."""
    version = counted(keys.folder) + 1
    roots = keys.roots()
    before = _targets(earlier) if earlier is not None else {}
    files: Files = {}
    targets: dict[str, Any] = {}
    with Database(database) as new:
        content = new.content
        whole = _pack_whole(database)
        size = database.stat().st_size
        _add(targets, files, FULL, whole, msgspec.to_builtins(Whole(content, size)))
        steps = _deltas(before, earlier, content)
        made = _delta(before, earlier, new, scratch)
    for name, target in steps:
        targets[name] = msgspec.to_builtins(target)
    if made:
        begin, data = made
        step = msgspec.to_builtins(Step(begin, content))
        name = f"delta-{SCHEMA}-{begin[7:15]}-{content[7:15]}.gz"
        _add(targets, files, name, data, step)
    long = now + timedelta(days=max(days, LONG_DAYS))
    metadata = {"targets": _body("targets", version, long, targets=targets)}
    signed = {"targets": _sign(keys, "targets", metadata["targets"])}
    listed = {"targets.json": _listed(version, signed["targets"])}
    signed["snapshot"] = _sign(keys, "snapshot", _body("snapshot", version, long, meta=listed))
    listed = {"snapshot.json": _listed(version, signed["snapshot"])}
    until = now + timedelta(days=days)
    signed["timestamp"] = _sign(keys, "timestamp", _body("timestamp", version, until, meta=listed))
    for role, data in signed.items():
        prefix = "" if role == "timestamp" else f"{version}."
        files[f"metadata/{prefix}{role}.json"] = data
    first = keys.root().version - len(roots) + 1
    for number, data in enumerate(roots, first):
        files[f"metadata/{number}.root.json"] = data
    _prove(roots[-1], signed, now)
    count(keys.folder, version)
    step_size = len(made[1]) if made else 0
    return files, Released(version, content, len(whole), step_size, stamp(until))


def _prove(root: bytes, signed: dict[str, bytes], now: datetime) -> None:
    """Judge what was signed as a client will; TrustError where it would refuse it."""
    trusted = Trusted(root, now)
    trusted.settle()
    trusted.stamp(signed["timestamp"])
    trusted.snap(signed["snapshot"])
    trusted.aim(signed["targets"])


def _body(kind: str, version: int, ends: datetime, **more: Any) -> dict[str, Any]:
    return {
        "_type": kind,
        "spec_version": tuf_signing.SPECIFICATION,
        "version": version,
        "expires": stamp(ends),
        **more,
    }


def _sign(keys: Keys, role: str, signed: dict[str, Any]) -> bytes:
    private = keys.private(role)
    if not private:
        raise UsageError(
            f"{keys.folder} has no private key of the role {role}",
            advice=f"Put {role}-1.pem there, or make all anew: keten db keys.",
        )
    return tuf_signing.sign(signed, private)


def _listed(version: int, data: bytes) -> dict[str, Any]:
    return {"version": version, "length": len(data), "hashes": {"sha256": sha256(data).hexdigest()}}


def _add(
    targets: dict[str, Any], files: Files, name: str, data: bytes, custom: dict[str, Any]
) -> None:
    digest = sha256(data).hexdigest()
    targets[name] = {"length": len(data), "hashes": {"sha256": digest}, "custom": custom}
    files[f"targets/{digest}.{name}"] = data


def _pack_whole(database: Path) -> bytes:
    """Return the database as gzip without a name or a time in it."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, 31)
    return deflater.compress(database.read_bytes()) + deflater.flush()


def _last(folder: Path) -> int:
    """Return the number of the last bundle in a folder, 0 where there is none."""
    found = (path.name.partition(".")[0] for path in (folder / "metadata").glob("*.targets.json"))
    return max((int(name) for name in found if name.isdecimal()), default=0)


def _targets(folder: Path) -> dict[str, Target]:
    """Return the targets of the last bundle in a folder."""
    version = _last(folder)
    if not version:
        return {}
    name = f"{version}.targets.json"
    data = state.read(folder / "metadata" / name) or b""
    return tuf.typed(tuf.read(data, name), Targets, name).targets


def _file(folder: Path, name: str, target: Target) -> Path:
    return folder / "targets" / f"{target.hashes.get('sha256', '')}.{name}"


def _deltas(
    before: dict[str, Target], folder: Path | None, content: str
) -> Iterator[tuple[str, Target]]:
    """Yield the deltas that lead to the last bundle, the nearest DELTAS of them."""
    if folder is None or FULL not in before:
        return
    toward = {
        str(target.custom.get("to")): (name, target)
        for name, target in before.items()
        if name.startswith(f"delta-{SCHEMA}-") and _file(folder, name, target).is_file()
    }
    at = str(before[FULL].custom.get("content"))
    seen = {content}
    for _ in range(DELTAS - 1):
        if at not in toward or at in seen:
            return
        seen.add(at)
        name, target = toward[at]
        yield name, target
        at = str(target.custom.get("from"))


def _delta(
    before: dict[str, Target], folder: Path | None, new: Database, scratch: Path
) -> tuple[str, bytes] | None:
    """Return the delta from the last bundle, with the digest that it begins at."""
    if folder is None or FULL not in before or not _file(folder, FULL, before[FULL]).is_file():
        return None
    target = before[FULL]
    at = scratch / "before.db"
    raw = zlib.decompressobj(31).decompress(_file(folder, FULL, target).read_bytes())
    at.write_bytes(raw)
    with Database(at) as old:
        if old.content == new.content:
            return None
        return old.content, delta.make(old, new)


def _lay(files: Files, to: Path) -> None:
    """Write a bundle's files into its folder: the timestamp last, which makes it so."""
    order = sorted(files, key=lambda name: (name == "metadata/timestamp.json", name))
    for name in order:
        data = files[name]
        state.write(to / name, data if isinstance(data, bytes) else data.read_bytes())
    _prune(to)


def _prune(to: Path) -> None:
    """Remove what neither the last bundle nor the one before it names."""
    found = sorted(
        (to / "metadata").glob("*.targets.json"), key=lambda path: (len(path.name), path.name)
    )
    named: set[str] = set()
    for path in found[-2:]:
        targets = tuf.typed(tuf.read(path.read_bytes(), path.name), Targets, path.name).targets
        named |= {_file(to, name, target).name for name, target in targets.items()}
    for path in (to / "targets").iterdir():
        if path.name not in named:
            path.unlink()
    for path in found[:-2]:
        number = path.name.partition(".")[0]
        path.unlink()
        (to / "metadata" / f"{number}.snapshot.json").unlink(missing_ok=True)


def checked(path: Path) -> Path:
    """Return a folder or file to export to; InputError where something else lies there."""
    if path.is_dir() and any(path.iterdir()) and not (path / "metadata").is_dir():
        raise InputError(f"{path} is a folder of something else", advice="Name an empty one.")
    return path
