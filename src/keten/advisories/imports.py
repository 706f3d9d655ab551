"""Import advisories into a database: what a source replaces, covers and leaves out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from keten.advisories import intake, state
from keten.advisories.database import Database
from keten.advisories.records import compact
from keten.advisories.source import LEAST, Coverage, DataSource
from keten.advisories.store import Stage
from keten.errors import DataError, InputError, UsageError
from keten.formats import osv
from keten.model.evidence import Link, Problem

MAX_NAMED = 20
Told = Callable[[str], None]


class Imported(msgspec.Struct, frozen=True):
    """What an import did: the sources it wrote, and what it could not read."""

    sources: tuple[DataSource, ...]
    problems: tuple[Problem, ...]


class Claim(msgspec.Struct, frozen=True):
    """What the user says of the files: their *name*, what they hold whole, and as of when."""

    name: str = ""
    complete: tuple[str, ...] = ()
    as_of: str = ""


def run(
    paths: Sequence[Path],
    database: Path,
    claim: Claim,
    tell: Told = lambda _: None,
    *,
    broken: list[tuple[Path, InputError]] | None = None,
) -> Imported:
    """Import *paths* into *database*, which is made or replaced in one step.

    What was imported before stays, but for sources of the same name. Nothing is written where
    a path can not be read at all (UsageError, InputError); it is put into *broken*. A database
    that was a signed bundle is none any more.
    """
    for name in claim.complete:
        if osv.base(name) not in osv.PURL_TYPES:
            known = ", ".join(sorted(osv.PURL_TYPES))
            raise UsageError(f"--complete {name}: OSV has no such ecosystem; it has {known}")
    found = [(path, item) for path in paths for item in _found(path, broken)]
    database.parent.mkdir(parents=True, exist_ok=True)
    sources: list[DataSource] = []
    problems: list[Problem] = []
    with Stage(database.parent) as stage:
        if database.exists():
            with open_old(database) as old:
                old.stage(stage)
        for path, item in found:
            tell(f"{item.path.name} ({item.name})")
            try:
                sources.append(_one(stage, item, claim, problems))
            except InputError as error:
                if broken is not None:
                    broken.append((path, error))
                raise
            stage.sources[sources[-1].name] = sources[-1]
        stage.write(database)
    state.detach(database)
    return Imported(tuple(sources), tuple(problems))


def _found(path: Path, broken: list[tuple[Path, InputError]] | None) -> list[intake.Found]:
    try:
        return intake.find(path)
    except InputError as error:
        if broken is not None:
            broken.append((path, error))
        raise


def _one(stage: Stage, found: intake.Found, claim: Claim, problems: list[Problem]) -> DataSource:
    if found.kind in ("kev", "epss"):
        return _catalog(stage, found, claim, problems)
    name = claim.name or found.name
    stage.forget(name)
    counts: dict[str, list[int]] = {}
    total = withdrawn = unread = 0
    as_of = ""
    for item in intake.items(found):
        record = item.record
        if record is None:
            unread += 1
            if unread <= MAX_NAMED:
                problems.append(_problem(found, f"{item.name}: {item.fault}"))
            continue
        as_of = max(as_of, record.newest)
        if osv.day(record.withdrawn) or record.withdrawn:
            withdrawn += 1
            continue
        row, per_package = compact(record)
        new = stage.add(name, row, record.modified or "", per_package=per_package)
        total += new
        for ecosystem in {ecosystem for ecosystem, _ in per_package}:
            count = counts.setdefault(ecosystem, [0, 0])
            count[0] += new
            count[1] += new and row.malicious
    if unread > MAX_NAMED:
        problems.append(_problem(found, f"{unread - MAX_NAMED} more records could not be read"))
    if not total and not withdrawn:
        raise InputError(
            f"{found.path.name} holds no advisory that can be read",
            advice="Give an OSV all.zip, a folder of OSV records, CISA's KEV or EPSS.",
        )
    return DataSource(
        name=name,
        digest=intake.digest(found),
        as_of=claim.as_of or as_of,
        records=total,
        withdrawn=withdrawn,
        unread=unread,
        ecosystems=_coverage(found, claim, counts, problems),
    )


def _coverage(
    found: intake.Found, claim: Claim, counts: dict[str, list[int]], problems: list[Problem]
) -> tuple[Coverage, ...]:
    """Say which ecosystems are held whole: by the bucket's layout, or because the user knows."""
    whole = {found.whole} if found.whole else set()
    least = LEAST.get(found.whole, 0)
    held = sum(count for name, (count, _) in counts.items() if osv.base(name) == found.whole)
    if held < least and found.whole not in claim.complete:
        what = (
            f"{held} records of {found.whole} can not be all (the public file has far more than "
            f"{least}): taken as a part"
        )
        problems.append(_problem(found, what, f"If you know better: --complete {found.whole}"))
        whole = set()
    whole.update(claim.complete)
    for name in whole - {osv.base(ecosystem) for ecosystem in counts} - set(counts):
        counts[name] = [0, 0]
    return tuple(
        Coverage(name, count, osv.base(name) in whole or name in whole, bad)
        for name, (count, bad) in sorted(counts.items())
    )


def _catalog(
    stage: Stage, found: intake.Found, claim: Claim, problems: list[Problem]
) -> DataSource:
    catalog = intake.kev(found.path) if found.kind == "kev" else intake.epss(found.path)
    if found.kind == "kev":
        stage.exploit(sorted(catalog.rows.items()))
    else:
        stage.expect(sorted(catalog.rows.items()))
    if catalog.unread:
        problems.append(_problem(found, f"{catalog.unread} lines could not be read"))
    return DataSource(
        name=found.name,
        kind=found.kind,
        digest=intake.digest(found),
        as_of=claim.as_of or catalog.as_of,
        records=len(catalog.rows),
        unread=catalog.unread,
    )


def _problem(found: intake.Found, what: str, advice: str = "") -> Problem:
    where = f"{found.whole}/{found.path.name}" if found.whole else found.path.name
    return Problem(where, what, advice=advice, link=Link.DEPENDENCIES, need="advisories")


def open_old(path: Path) -> Database:
    """Open a database that is to be added to; DataError says how to start afresh."""
    try:
        return Database(path)
    except DataError as error:
        raise DataError(
            error.what, advice=f"Move {path.name} away, then import every source again."
        ) from error
