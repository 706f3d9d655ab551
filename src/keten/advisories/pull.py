"""Pull a signed bundle, and prove again, offline, that a database is one.

The client workflow of the TUF specification (section 5; keten.trust.tuf decides, this fetches
and keeps). What is believed is kept in ``<database>.state/trust/``: every root from the one
that the user gave, and the last timestamp, snapshot and targets. So nothing older is taken
afterwards, and ``replay`` needs nobody.
"""

import zlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from keten.advisories import delta, state
from keten.advisories.bundle_paths import named
from keten.advisories.database import Database
from keten.advisories.layout import SCHEMA
from keten.advisories.origins import Origin
from keten.advisories.state import Installed
from keten.errors import (
    CeilingError,
    DataError,
    InputError,
    NetworkError,
    TrustError,
    UsageError,
)
from keten.formats import tuf
from keten.formats.tuf import Target
from keten.trust.tuf import Trusted, matches, verify

MAX_ROOTS = 256
MAX_ROOT = 512 << 10
MAX_TIMESTAMP = 16 << 10
MAX_SNAPSHOT = 1 << 20
MAX_TARGETS = 4 << 20
MAX_DATABASE = 2 << 30
MAX_STEPS = 100
FULL = f"advisories-{SCHEMA}.db.gz"
_CHUNK = 1 << 20
_ROLES = ("timestamp", "snapshot", "targets")


class Whole(Struct, frozen=True):
    """What is said of a whole database: the digest of its content, its size unpacked."""

    content: str
    size: Annotated[int, Meta(ge=1, le=MAX_DATABASE)]


class Step(Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """What is said of a delta: the digests of the content before and after it."""

    begin: str
    end: str


class Pulled(Struct, frozen=True):
    """What a pull did. *way*: ``full``, ``delta`` or "" (it had the newest); *bytes* of data."""

    bundle: Installed
    way: str
    bytes: int


class Kept:
    """What is believed of a database's publisher, on disk."""

    def __init__(self, database: Path) -> None:
        self.folder = state.folder(database) / "trust"

    def root(self, number: int) -> bytes | None:
        """Return a root that was kept."""
        return state.read(self.folder / f"{number}.root.json")

    def first(self) -> int:
        """Return the number of the root that the user gave, 0 where none was."""
        names = [p.name for p in self.folder.glob("*.root.json")] if self.folder.is_dir() else []
        numbers = [int(n.partition(".")[0]) for n in names if n.partition(".")[0].isdecimal()]
        return min(numbers, default=0)

    def role(self, role: str) -> bytes | None:
        """Return the timestamp, snapshot or targets that were kept."""
        return state.read(self.folder / f"{role}.json")

    def keep(self, name: str, data: bytes) -> None:
        """Keep metadata that is believed."""
        state.write(self.folder / f"{name}.json", data)

    def forget(self, *roles: str) -> None:
        """Let go of what was signed by keys that are gone."""
        for role in roles:
            (self.folder / f"{role}.json").unlink(missing_ok=True)


def begin(kept: Kept, root: bytes | None, now: datetime) -> Trusted:
    """Return what is believed before anything is asked for: the roots that were kept.

    *root* is the user's, and begins the chain if nothing does. UsageError where there is none.
    """
    number = kept.first()
    if number == 0:
        if root is None:
            raise UsageError(
                "it is not known whose bundles to trust",
                advice="Give the publisher's root once: --root root.json, got on a way you trust.",
            )
        trusted = Trusted(root, now)
        kept.keep(f"{trusted.root.version}.root", root)
        return trusted
    first = kept.root(number)
    assert first is not None
    trusted = Trusted(first, now)
    while (data := kept.root(trusted.root.version + 1)) is not None:
        trusted.renew(data)
    return trusted


def anchored(kept: Kept, root: bytes, last: int) -> None:
    """Raise TrustError where the user's root is none of the chain of the *last*."""
    if not any(kept.root(number) == root for number in range(kept.first(), last + 1)):
        raise TrustError(
            "it is another root than the one that was trusted before, and none of its chain",
            advice=f"If the publisher is another now, remove {kept.folder} and pull again.",
        )


def refresh(origin: Origin, kept: Kept, trusted: Trusted) -> None:
    """Bring what is believed up to the day (5.3 to 5.6)."""
    _roots(origin, kept, trusted)
    _recall(trusted.stamp, kept.role("timestamp"))
    data = _get(origin, "metadata/timestamp.json", MAX_TIMESTAMP)
    if trusted.stamp(data):
        kept.keep("timestamp", data)
    assert trusted.timestamp is not None
    said = trusted.timestamp.meta["snapshot.json"]
    old = kept.role("snapshot")
    _recall(trusted.snap, old)
    if old is None or not _taken(trusted.snap, old):
        name = _name(trusted, "snapshot", said.version)
        data = _get(origin, name, min(said.length or MAX_SNAPSHOT, MAX_SNAPSHOT))
        trusted.snap(data)
        kept.keep("snapshot", data)
    assert trusted.snapshot is not None
    said = trusted.snapshot.meta["targets.json"]
    old = kept.role("targets")
    if old is None or not _taken(trusted.aim, old):
        name = _name(trusted, "targets", said.version)
        data = _get(origin, name, min(said.length or MAX_TARGETS, MAX_TARGETS))
        trusted.aim(data)
        kept.keep("targets", data)


def pull(origin: Origin, database: Path, *, root: bytes | None, now: datetime) -> Pulled:
    """Make *database* the bundle that *origin* has, if it is proven to be the newest known.

    TrustError where it is not; NetworkError, InputError and CeilingError where it can not be
    had. The database is then as it was.
    """
    kept = Kept(database)
    trusted = begin(kept, root, now)
    refresh(origin, kept, trusted)
    if root is not None:
        anchored(kept, root, trusted.root.version)
    whole, target = newest(trusted)
    bundle = _bundle(trusted, kept, whole)
    way, size = "", 0
    if _content(database) != whole.content:
        database.parent.mkdir(parents=True, exist_ok=True)
        steps = _steps(trusted, _content(database), whole.content)
        if 0 < sum(t.length for _, t in steps) < target.length:
            size = _by_steps(origin, database, trusted, steps)
            way = "delta" if size else ""
        if not way:
            _whole(origin, database, trusted, whole=whole, target=target)
            way, size = "full", target.length
    state.install(database, bundle)
    return Pulled(bundle, way, size)


def replay(database: Path, now: datetime, *, root: bytes | None = None) -> Installed:
    """Prove again, from what was kept, that *database* is a bundle whose time is not over.

    Every signature is checked, and all that the database holds is read. TrustError where
    anything does not hold, or it does not rest on *root*; UsageError where it was not pulled.
    """
    kept = Kept(database)
    if not kept.first():
        raise UsageError(
            f"{database} was not pulled: nobody signed it",
            advice="keten db pull FROM --root root.json brings a signed one.",
        )
    trusted = begin(kept, None, now)
    if root is not None:
        anchored(kept, root, trusted.root.version)
    trusted.settle()
    said = {}
    for role in _ROLES:
        data = kept.role(role)
        if data is None:
            raise TrustError(f"{kept.folder} no longer has {role}.json", advice="Pull again.")
        said[role] = data
    trusted.stamp(said["timestamp"])
    trusted.snap(said["snapshot"])
    trusted.aim(said["targets"])
    whole, _ = newest(trusted)
    with Database(database) as opened:
        measured = opened.measure()
    if measured != whole.content:
        raise TrustError(
            f"{database} holds {measured}; {whole.content} was signed for",
            advice="It was changed or replaced since it was pulled. keten db pull puts it right.",
        )
    return _bundle(trusted, kept, whole)


def newest(trusted: Trusted) -> tuple[Whole, Target]:
    """Return the whole database that the targets name; DataError where there is none for us."""
    assert trusted.targets is not None
    target = trusted.targets.targets.get(FULL)
    if target is None:
        others = [name for name in trusted.targets.targets if name.startswith("advisories-")]
        raise DataError(
            f"the bundle has no database of schema {SCHEMA}, only {', '.join(others) or 'none'}",
            advice="Bundle and keten are of different times: renew the older of the two.",
        )
    return _said(target, Whole, FULL), target


def _said(target: Target, kind: Any, name: str) -> Any:
    try:
        return msgspec.convert(target.custom, kind)
    except msgspec.MsgspecError as error:
        raise InputError(f"what is signed of {name} is not what keten needs: {error}") from error


def _bundle(trusted: Trusted, kept: Kept, whole: Whole) -> Installed:
    """Return what to remember. *until* is when the first of all signatures ends."""
    assert trusted.targets is not None
    data = kept.role("targets") or b""
    signers = verify(tuf.read(data, "targets.json"), trusted.root, "targets", name="targets.json")
    until = trusted.until.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Installed(whole.content, trusted.targets.version, signers, until)


def _roots(origin: Origin, kept: Kept, trusted: Trusted) -> None:
    for _ in range(MAX_ROOTS):
        number = trusted.root.version + 1
        data = origin.get(f"metadata/{number}.root.json", MAX_ROOT)
        if data is None:
            break
        if trusted.renew(data):
            kept.forget("timestamp", "snapshot")
        kept.keep(f"{number}.root", data)
    else:
        raise CeilingError(f"more than {MAX_ROOTS} new roots")
    trusted.settle()


def _recall(take: Any, data: bytes | None) -> None:
    """Take what was kept, if the root of today still believes it."""
    if data is not None:
        try:
            take(data, kept=True)
        except (TrustError, InputError):
            return


def _taken(take: Any, data: bytes) -> bool:
    try:
        take(data)
    except (TrustError, InputError):
        return False
    return True


def _get(origin: Origin, path: str, most: int) -> bytes:
    data = origin.get(path, most)
    if data is None:
        raise NetworkError(
            f"there is no {path}: this is no bundle of keten's, or not all of it",
            advice="Name the folder that holds metadata/ and targets/.",
        )
    return data


def _name(trusted: Trusted, role: str, version: int) -> str:
    prefix = f"{version}." if trusted.root.consistent_snapshot else ""
    return f"metadata/{prefix}{role}.json"


def _path(trusted: Trusted, name: str, target: Target) -> str:
    digest = target.hashes.get("sha256") or target.hashes.get("sha512")
    if digest is None or not digest.isalnum() or len(digest) > 128:  # noqa: PLR2004 sha512
        raise InputError(f"{name} is signed for without a digest that keten knows")
    return named(f"targets/{digest + '.' if trusted.root.consistent_snapshot else ''}{name}")


def _content(database: Path) -> str:
    """Return the digest of what is there, "" where nothing usable is."""
    try:
        with Database(database) as opened:
            return opened.content
    except DataError:
        return ""


def _bring(origin: Origin, database: Path, trusted: Trusted, *, name: str, target: Target) -> bytes:
    """Return a target, checked against what was signed."""
    at = state.folder(database) / "parts" / name
    if not origin.bring(_path(trusted, name, target), at, target.length):
        raise NetworkError(f"there is no {name}, though it was signed for")
    try:
        data = at.read_bytes()
    finally:
        at.unlink()
    matches(data, target, name)
    return data


def _whole(
    origin: Origin, database: Path, trusted: Trusted, *, whole: Whole, target: Target
) -> None:
    if target.length > MAX_DATABASE:
        raise CeilingError(f"a bundle of {target.length} bytes; at most {MAX_DATABASE} are taken")
    packed = _bring(origin, database, trusted, name=FULL, target=target)
    fresh = database.with_name(f".{database.name}.pulled")
    try:
        _unpack(packed, fresh, whole.size)
        with Database(fresh) as opened:
            if opened.content != whole.content:
                raise TrustError(f"{FULL} holds {opened.content}; {whole.content} was signed for")
        fresh.replace(database)
    finally:
        fresh.unlink(missing_ok=True)


def _unpack(packed: bytes, to: Path, size: int) -> None:
    inflater = zlib.decompressobj(31)
    left, data = size, packed
    with to.open("wb") as file:
        while not inflater.eof and left >= 0:
            try:
                chunk = inflater.decompress(data, _CHUNK)
            except zlib.error as error:
                raise InputError(f"{FULL} can not be unpacked: {error}") from error
            data = inflater.unconsumed_tail
            if not chunk and not data:
                break
            left -= len(chunk)
            if left >= 0:
                file.write(chunk)
    if left or not inflater.eof:
        raise InputError(f"{FULL} does not unpack to the {size} bytes that were signed for")


def _steps(trusted: Trusted, begin_: str, end: str) -> list[tuple[str, Target]]:
    """Return the deltas that lead from one content to another, [] where none do."""
    assert trusted.targets is not None
    onward: dict[str, tuple[str, Target, str]] = {}
    for name, target in trusted.targets.targets.items():
        if name.startswith(f"delta-{SCHEMA}-"):
            step: Step = _said(target, Step, name)
            onward[step.begin] = (name, target, step.end)
    found: list[tuple[str, Target]] = []
    at = begin_
    while at != end:
        if at not in onward or len(found) >= MAX_STEPS:
            return []
        name, target, at = onward[at]
        found.append((name, target))
    return found


def _by_steps(
    origin: Origin, database: Path, trusted: Trusted, steps: list[tuple[str, Target]]
) -> int:
    """Apply deltas; return the bytes that came, 0 where the whole must be had after all."""
    try:
        read = [
            delta.read(_bring(origin, database, trusted, name=name, target=target))
            for name, target in steps
        ]
        end = _said(steps[-1][1], Step, steps[-1][0]).end
        with Database(database) as old:
            delta.apply(old, [*read[:-1], structs.replace(read[-1], end=end)], database)
    except (DataError, InputError, NetworkError, TrustError):
        return 0
    return sum(target.length for _, target in steps)
