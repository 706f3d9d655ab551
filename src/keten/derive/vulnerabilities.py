"""Which packages have known vulnerabilities, and of which that can not be said, and why.

An affected package is looked at, whatever else the data lack: what was found is so. One that
nothing affects is looked at only where the database covers its ecosystem, is not stale and
could judge its version; otherwise a Problem says why, one for each file and cause.

Packages that name no version are not judged: where a lockfile of their ecosystem stands in
the folder or above, it is that which is judged, else the manifest has a Problem.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from keten.advisories.lookup import Lookup, Vulnerability, ecosystem_of
from keten.advisories.source import Standing, standing
from keten.model.delivery import Advisory, Manifest, Package
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.finding import Severity

if TYPE_CHECKING:
    from keten.advisories.database import Database

BY = "derive/vulnerabilities"
NEED = "advisories"
MALICE = "malicious-packages"
MOST_NAMED = 3
_NONE = Standing("there is no advisory database", "", "there is no advisory database")
_IMPORT = "keten db import PATH… (the OSV all.zip of the ecosystem), then scan again."
_LOCK = "Lock the dependencies, so that what is installed can be judged."


def derive(facts: Facts, database: "Database | None", now: date, *, max_age_days: int) -> Facts:
    """Return advisories, the edges ``affected-by`` to them, and what was looked at."""
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    manifests = [node for node in facts.nodes if isinstance(node, Manifest)]
    work = _Work(database, now, max_age_days)
    for package in packages:
        if judged(package):
            work.take(package)
    return Facts(
        nodes=tuple(work.nodes.values()),
        edges=tuple(work.edges),
        looked=tuple(work.looked),
        problems=(*sorted(work.problems), *_unlocked(manifests, packages)),
    )


def judged(package: Package) -> bool:
    """Return whether advisories can be of this package: it has a version, and is published."""
    return bool(package.version) and not package.source.startswith(
        (".", "/", "file:", "link:", "workspace:", "portal:", "path+", "path:")
    )


class _Work:
    """The answers of one run; a package that several files name is asked about once."""

    def __init__(self, database: "Database | None", now: date, max_age_days: int) -> None:
        self.nodes: dict[str, Advisory] = {}
        self.edges: list[Edge] = []
        self.looked: list[Looked] = []
        self.problems: set[Problem] = set()
        self._database = database
        self._lookup = Lookup(database) if database else None
        self._sources = database.held() if database else ()
        self._now, self._age = now, max_age_days
        self._standings: dict[str, Standing] = {}
        self._advisories: dict[tuple[str, str, str], tuple[Advisory, ...]] = {}

    def take(self, package: Package) -> None:
        """Judge one package."""
        ecosystem = ecosystem_of(package)
        if self._lookup is None or not ecosystem:
            self._lacking(package, _NONE if self._lookup is None else self._standing(ecosystem))
            return
        answer = self._lookup.ask(ecosystem, package.name, package.version)
        advisories = self._of(ecosystem, package, answer.vulnerabilities)
        ref = package.ref
        for advisory in advisories:
            self.nodes.setdefault(advisory.id, advisory)
            self.edges.append(Edge(ref, "affected-by", advisory.ref, Trust.OBSERVED, by=BY))
        standing = self._standing(ecosystem)
        if answer.doubts and not advisories:
            self._doubtful(package, answer.doubts)
            return
        bad = any(advisory.malicious for advisory in advisories)
        if advisories or not standing.reason:
            self.looked.append(Looked(ref, NEED))
        if bad or not standing.malice:
            self.looked.append(Looked(ref, MALICE))
        self._lacking(package, standing, found=bool(advisories), bad=bad)

    def _standing(self, ecosystem: str) -> Standing:
        found = self._standings.get(ecosystem)
        if found is None:
            found = standing(self._sources, ecosystem, self._now, max_age_days=self._age)
            self._standings[ecosystem] = found
        return found

    def _lacking(
        self, package: Package, standing: Standing, *, found: bool = False, bad: bool = False
    ) -> None:
        if standing.reason and not found:
            self.problems.add(_problem(package.path, standing.reason, _IMPORT, need=NEED))
        if standing.malice and not bad:
            self.problems.add(_problem(package.path, standing.malice, _IMPORT, need=MALICE))

    def _doubtful(self, package: Package, doubts: tuple[tuple[str, str], ...]) -> None:
        record, why = doubts[0]
        more = f" (and {len(doubts) - 1} more)" if len(doubts) > 1 else ""
        version = package.version if len(package.version) < 60 else package.version[:60] + "…"  # noqa: PLR2004 a line
        what = f"{record}{more} can not be judged for {package.name} {version}: {why}"
        for need in (NEED, MALICE):
            self.problems.add(
                Problem(
                    package.path,
                    what,
                    line=package.line,
                    advice="Read the advisory, and waive it with the reason if it is not so.",
                    link=Link.DEPENDENCIES,
                    about=package.ref,
                    need=need,
                )
            )

    def _of(
        self, ecosystem: str, package: Package, found: tuple[Vulnerability, ...]
    ) -> tuple[Advisory, ...]:
        if not found:
            return ()
        at = (ecosystem, package.name, package.version)
        made = self._advisories.get(at)
        if made is None:
            assert self._lookup is not None
            goal = self._lookup.upgrade(*at)
            upgrade = goal.version if goal else ""
            made = tuple(self._advisory(package, item, upgrade) for item in found)
            self._advisories[at] = made
        return made

    def _advisory(self, package: Package, found: Vulnerability, upgrade: str) -> Advisory:
        cluster, rating = found.cluster, found.cluster.rating
        assert self._database is not None
        cves = [name for name in cluster.names if name.startswith("CVE-")]
        exploited = any(self._database.exploited(name) for name in cves)
        likely = [p for name in cves if (p := self._database.epss(name)) is not None]
        first = min(cluster.hits, key=lambda hit: (not hit.row.title, hit.row.id))
        days = [hit.row.published for hit in cluster.hits if hit.row.published]
        kinds = {hit.row.informational for hit in cluster.hits}
        kind, spell = package.ecosystem, spelled_like(package.version)
        return Advisory(
            f"{cluster.id}#{kind}/{package.name}@{package.version}",
            aliases=tuple(name for name in cluster.names if name != cluster.id),
            summary=first.row.title,
            severity=_severity(rating.severity, exploited=exploited, malicious=found.malicious),
            score=rating.tenths / 10 if rating.tenths >= 0 else None,
            vector=rating.vector,
            exploited=exploited,
            fixed=tuple(spell + version for version in found.fixed),
            malicious=found.malicious,
            published=min(days, default=None),
            source=", ".join(
                sorted({f"{hit.row.id} ({self._name(hit.row.source)})" for hit in cluster.hits})
            ),
            upgrade=spell + upgrade if upgrade else "",
            epss=max(likely, default=None),
            informational=kinds.pop() if len(kinds) == 1 else "",
        )

    def _name(self, number: int) -> str:
        source = self._sources[number]
        return f"{source.name} as of {source.as_of}" if source.as_of else source.name


def spelled_like(version: str) -> str:
    """Return what a file writes before its versions: Go's ``v``, which advisories leave out."""
    return "v" if version[:1] == "v" and version[1:2].isdigit() else ""


def _severity(told: int | None, *, exploited: bool, malicious: bool) -> Severity | None:
    """Return the severity; what is exploited is HIGH at least and CRITICAL where it was HIGH."""
    if malicious:
        return Severity.CRITICAL
    if not exploited:
        return None if told is None else Severity(told)
    return Severity.CRITICAL if (told or 0) >= Severity.HIGH else Severity.HIGH


def _problem(path: str, what: str, advice: str, *, need: str) -> Problem:
    return Problem(path, what, advice=advice, link=Link.DEPENDENCIES, need=need)


def _unlocked(manifests: Iterable[Manifest], packages: Iterable[Package]) -> Iterator[Problem]:
    """Yield a Problem for each manifest whose packages no lockfile pins."""
    listed = list(manifests)
    locked = {(m.ecosystem, str(PurePosixPath(m.id).parent)) for m in listed if m.lock}
    loose: dict[str, list[str]] = {}
    for package in packages:
        required = not (package.development or package.optional)
        if not package.version and not package.source and required:
            loose.setdefault(package.path, []).append(package.name)
    for manifest in listed:
        names = sorted(set(loose.get(manifest.id, ())))
        if manifest.lock or not names:
            continue
        folder = PurePosixPath(manifest.id).parent
        above = [str(folder), *map(str, folder.parents)]
        if any((manifest.ecosystem, place) in locked for place in above):
            continue
        shown = ", ".join(names[:MOST_NAMED])
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield Problem(
            manifest.id,
            f"no lockfile says which version is installed of {shown}{more}",
            advice=_LOCK,
            link=Link.DEPENDENCIES,
            about=manifest.ref,
            need=NEED,
        )
