"""Which packages have known vulnerabilities, and of which that can not be said, and why.

An affected package is looked at, whatever else the data lack: what was found is so. One that
nothing affects is looked at only where the database covers its ecosystem, is not stale and
could judge its version; otherwise a Problem says why, one for each file and cause.

Packages of a language that one of the operating system brought (``Package.owner``) are judged
with that one, by the distribution's advisories: its backports have upstream's old version.

Packages that name no version are not judged: where a lockfile of their ecosystem stands in
the folder or above, it is that which is judged, else the manifest has a Problem.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import structs

from keten.advisories.questions import Question, headers_only, of_distribution, question
from keten.advisories.source import Standing, standing
from keten.model.delivery import Advisory, Manifest, Package
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Looked, Trust

if TYPE_CHECKING:
    from keten.advisories.database import Database
    from keten.advisories.lookup import Lookup, Vulnerability
    from keten.derive.priority import Linked

BY = "derive/vulnerabilities"
NEED = "advisories"
MALICE = "malicious-packages"
MOST_NAMED = 3
_HOLDS_NONE = "the database holds no advisories"
_NONE = Standing("there is no advisory database", "", "there is no advisory database")
_IMPORT = "keten db import PATH… (the OSV all.zip of the ecosystem), then scan again."
_NOWHERE = "There are no advisories of it to import: ask its vendor what is open, or leave it."
_LOCAL = (".", "/", "file:", "link:", "workspace:", "portal:", "path+", "path:")
_LOCK = "Lock the dependencies, so that what is installed can be judged."


def derive(
    facts: Facts, database: "Database | None", now: date, *, max_age_days: int, doubt: str = ""
) -> Facts:
    """Return advisories, the edges ``affected-by`` to them, and what was looked at.

    *doubt*: why nothing follows from what the database does not name.
    """
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    manifests = [node for node in facts.nodes if isinstance(node, Manifest)]
    work = _Work(database, now, max_age_days, doubt)
    if database is not None:
        from keten.derive.priority import Linked, exposure

        work.linked, work.exposed = Linked(facts.nodes), exposure(facts)
    owning = any(package.owner for package in packages)
    refs = {package.ref for package in packages} if owning else frozenset[str]()
    asked = [p for p in packages if judged(p)]
    following = [p for p in asked if p.owner and owned(p, refs)] if owning else []
    if following:
        after = {id(package) for package in following}
        asked = [package for package in asked if id(package) not in after]
        work.owners = frozenset(package.owner for package in following)
    work.take_all(asked)
    for package in following:
        work.follow(package)
    return Facts(
        nodes=tuple(work.nodes.values()),
        edges=tuple(work.edges),
        looked=tuple(work.looked),
        problems=(*sorted(work.problems), *_unlocked(manifests, packages)),
    )


def judged(package: Package) -> bool:
    """Return whether advisories can be of this package: it has a version, and is published."""
    return bool(package.version) and not (package.source and package.source.startswith(_LOCAL))


def owned(package: Package, refs: Container[str]) -> bool:
    """Return whether a package is judged with the one of the operating system that brought it."""
    return bool(package.owner) and package.owner in refs and not of_distribution(package)


class _Work:
    """The answers of one run; a package that several files name is asked about once.

    *owners* are those of whom it is kept what was said, for what follows them.
    """

    def __init__(
        self, database: "Database | None", now: date, max_age_days: int, doubt: str
    ) -> None:
        self.nodes: dict[str, Advisory] = {}
        self.edges: list[Edge] = []
        self.looked: list[Looked] = []
        self.problems: set[Problem] = set()
        self._database = database
        self._lookup = _lookup(database) if database else None
        held = database.held() if database else ()
        self._sources = tuple(structs.replace(s, fault=doubt) for s in held) if doubt else held
        self._now, self._age = now, max_age_days
        self.linked: Linked | None = None
        self.exposed = ""
        self.owners: frozenset[str] = frozenset()
        self._seen: set[tuple[str, str]] = set()
        self._why: dict[str, str] = {}
        self._told: set[tuple[str, Standing, str, bool, bool]] = set()
        self._standings: dict[tuple[str, ...], Standing] = {}
        self._advisories: dict[tuple[str, ...], tuple[Advisory, ...]] = {}
        self._drafted: dict[tuple[Question, bool, str, str], tuple[Advisory, ...]] = {}

    def take_all(self, packages: Sequence[Package]) -> None:
        """Judge *packages*."""
        if self._lookup is None:
            for package in packages:
                nowhere = of_distribution(package) and question(package).why
                self._lacking(package, _NONE, advice=_NOWHERE if nowhere else _IMPORT)
            return
        asked = [question(package) for package in packages]
        said = self._lookup.prepare(asked)
        for package, one, some in zip(packages, asked, said, strict=True):
            self.take(package, one, said=some)

    def take(self, package: Package, asked: Question, *, said: bool) -> None:
        """Judge one package by what is *asked* of it; *said*: some record may speak of it."""
        assert self._lookup is not None
        standing = self._standing(asked)
        if not asked.ecosystems:
            self._lacking(package, standing, advice=_NOWHERE if asked.why else _IMPORT)
            return
        ref = package.ref
        if not said:
            self._nothing(package, ref, standing)
            return
        answer = self._lookup.answer(asked)
        if not (answer.vulnerabilities or answer.doubts or standing.malice):
            self._look(ref, NEED)
            self._look(ref, MALICE)
            return
        advisories = self._of(asked, package, answer.vulnerabilities)
        for advisory in advisories:
            self.nodes.setdefault(advisory.id, advisory)
            self.edges.append(Edge(ref, "affected-by", advisory.ref, Trust.OBSERVED, by=BY))
        if answer.doubts and not advisories:
            self._doubtful(package, answer.doubts)
            return
        bad = any(advisory.malicious for advisory in advisories)
        if advisories or not standing.reason:
            self._look(ref, NEED)
        if bad or not standing.malice:
            self._look(ref, MALICE)
        self._lacking(package, standing, found=bool(advisories), bad=bad)

    def _nothing(self, package: Package, ref: str, standing: Standing) -> None:
        """Take in a package that no record speaks of, as most are."""
        if not standing.malice or not standing.reason:
            self._look(ref, NEED)
        if not standing.malice:
            self._look(ref, MALICE)
        else:
            self._lacking(package, standing)

    def follow(self, package: Package) -> None:
        """Take over for *package* what was said of its owner."""
        for need in (NEED, MALICE):
            if (package.owner, need) in self._seen:
                self._look(package.ref, need)
                continue
            why = self._why.get(package.owner) or "the package that brought it could not be judged"
            self.problems.add(_problem(package.path, why, _IMPORT, need=need))

    def _look(self, ref: str, need: str) -> None:
        if ref in self.owners:
            self._seen.add((ref, need))
        self.looked.append(Looked(ref, need))

    def _standing(self, asked: Question) -> Standing:
        """Return how far the database answers: by the best of several ecosystems."""
        if not asked.ecosystems:
            return Standing(asked.why, "", asked.why) if asked.why else self._one("")
        found = self._standings.get(asked.ecosystems)
        if found is None:
            every = [self._one(ecosystem) for ecosystem in asked.ecosystems]
            held = [one for one in every if not one.reason.startswith(_HOLDS_NONE)]
            found = next((one for one in every if not one.reason), (held or every)[0])
            self._standings[asked.ecosystems] = found
        return found

    def _one(self, ecosystem: str) -> Standing:
        return standing(self._sources, ecosystem, self._now, max_age_days=self._age)

    def _lacking(
        self,
        package: Package,
        standing: Standing,
        *,
        found: bool = False,
        bad: bool = False,
        advice: str = _IMPORT,
    ) -> None:
        if self.owners and (ref := package.ref) in self.owners:
            if standing.reason and not found:
                self._why[ref] = standing.reason
            if standing.malice and not bad:
                self._why.setdefault(ref, standing.malice)
        # A problem once for each file and cause, however many packages it is of.
        cause = (package.path, standing, advice, found, bad)
        if cause in self._told:
            return
        self._told.add(cause)
        if standing.reason and not found:
            self.problems.add(_problem(package.path, standing.reason, advice, need=NEED))
        if standing.malice and not bad:
            self.problems.add(_problem(package.path, standing.malice, advice, need=MALICE))

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
        self, asked: Question, package: Package, found: "tuple[Vulnerability, ...]"
    ) -> tuple[Advisory, ...]:
        if not found:
            return ()
        # What is linked is told of each program, all else of a version wherever it is found.
        assert self.linked is not None
        program = package.path if self.linked.knows(package.path) else ""
        at = (asked.ecosystem, package.name, package.version, package.purl, program)
        made = self._advisories.get(at)
        if made is None:
            mine = f"#{package.ecosystem}/{package.name}@{package.version}"
            by = _judged(asked, package)
            made = tuple(
                structs.replace(draft, id=draft.id.replace("\0", mine, 1), judged=by)
                for draft in self._drafts(asked, package, found, program)
            )
            self._advisories[at] = made
        return made

    def _drafts(
        self, asked: Question, package: Package, found: "tuple[Vulnerability, ...]", program: str
    ) -> tuple[Advisory, ...]:
        """Return what is the same for all packages that one source package was built into."""
        headers, spell = headers_only(package), spelled_like(package.version)
        at = (asked, headers, spell, program)
        made = self._drafted.get(at)
        if made is None:
            assert self._lookup is not None
            goal = self._lookup.better(asked)
            upgrade = spell + goal.version if goal else ""
            made = self._drafted[at] = tuple(
                self._draft(item, headers=headers, spell=spell, upgrade=upgrade, program=program)
                for item in found
            )
        return made

    def _draft(
        self, found: "Vulnerability", *, headers: bool, spell: str, upgrade: str, program: str
    ) -> Advisory:
        """Return an advisory; in its id a null stands where the package is named."""
        from keten.derive.priority import Known, weigh

        cluster, rating = found.cluster, found.cluster.rating
        assert self._database is not None
        assert self.linked is not None
        cves = [name for name in cluster.names if name.startswith("CVE-")]
        days = [day for name in cves if (day := self._database.exploited(name))]
        likely = [p for name in cves if (p := self._database.epss(name)) is not None]
        first = min(cluster.hits, key=lambda hit: (not hit.row.title, hit.row.id))
        published = [hit.row.published for hit in cluster.hits if hit.row.published]
        kinds = {hit.row.informational for hit in cluster.hits}
        fixed = tuple(spell + version for version in found.fixed)
        reach = self.linked.reach(program, cluster)
        known = Known(
            cluster=cluster,
            malicious=found.malicious,
            exploited=min(days, default=""),
            epss=max(likely, default=None),
            fix=fixed[0] if fixed else "",
            paid=found.paid,
            headers=headers,
            reach=reach,
            exposed=self.exposed,
        )
        weighed = weigh(known)
        told = reach.names or reach.absent
        return Advisory(
            f"{cluster.id}\0 in {program}" if told else f"{cluster.id}\0",
            aliases=tuple(name for name in cluster.names if name != cluster.id),
            summary=first.row.title,
            severity=weighed.severity,
            score=rating.tenths / 10 if rating.tenths >= 0 else None,
            vector=rating.vector,
            exploited=bool(days),
            fixed=fixed,
            malicious=found.malicious,
            published=min(published, default=None),
            source=", ".join(
                sorted({f"{hit.row.id} ({self._name(hit.row.source)})" for hit in cluster.hits})
            ),
            upgrade=upgrade,
            epss=known.epss,
            informational=kinds.pop() if len(kinds) == 1 else "",
            paid=found.paid,
            eased=weighed.eased,
            reasons=weighed.reasons,
            reached=reach.names,
            exposed=bool(self.exposed),
        )

    def _name(self, number: int) -> str:
        source = self._sources[number]
        return f"{source.name} as of {source.as_of}" if source.as_of else source.name


def _lookup(database: "Database") -> "Lookup":
    from keten.advisories.lookup import lookup_in  # without a database nothing is compared

    return lookup_in(database)


def spelled_like(version: str) -> str:
    """Return what a file writes before its versions: Go's ``v``, which advisories leave out."""
    return "v" if version[:1] == "v" and version[1:2].isdigit() else ""


def _judged(asked: Question, package: Package) -> str:
    """Return the source package and version that were compared, where not the package's own."""
    name, version = asked.names[0]
    if not of_distribution(package) or (name, version) == (package.name, package.version):
        return ""
    bare = version.rpartition(":")[2] == package.version.rpartition(":")[2]
    return name if bare else f"{name} {version}"


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
