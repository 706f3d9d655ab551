"""Which vulnerabilities does a package have? The database, the ranges and the clusters, asked."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from keten.advisories.cluster import Cluster, Hit, clusters
from keten.advisories.database import Database
from keten.advisories.ranges import Doubt, Order, affected, canonical, fixes
from keten.advisories.records import Entry, spell
from keten.errors import InputError
from keten.formats import osv
from keten.model.delivery import Package

MAX_CANDIDATES = 200
_BY_TYPE = {
    kind: name for name, kind in osv.PURL_TYPES.items() if kind not in ("apk", "deb", "rpm")
}
_SUFFIXED = {
    "alpine": ("Alpine", "v", 2),
    "debian": ("Debian", "", 1),
    "ubuntu": ("Ubuntu", "", 2),
}
_UBUNTU_LTS_MONTH = "04"


class Vulnerability(Struct, frozen=True):
    """A vulnerability that a version has. *fixed*: later versions free of it, in order."""

    cluster: Cluster
    fixed: tuple[str, ...] = ()

    @property
    def malicious(self) -> bool:
        """Return whether a record says that the package was made to do harm."""
        return any(hit.row.malicious for hit in self.cluster.hits)


class Answer(Struct, frozen=True):
    """What is known of one version; *doubts* are (record, why) that can not be decided."""

    vulnerabilities: tuple[Vulnerability, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


class Upgrade(Struct, frozen=True):
    """The version to go to, and the ids of vulnerabilities that it still has."""

    version: str
    open: tuple[str, ...] = ()


def ecosystem_of(package: Package) -> str:
    """Return the OSV ecosystem of a package, "" where it is not known.

    Packages of a distribution need its release, which the purl's ``distro`` qualifier tells.
    """
    if (
        osv.base(package.ecosystem) in osv.PURL_TYPES
        and ":" not in package.purl.partition("@")[0][4:]
    ):
        kind = osv.PURL_TYPES[osv.base(package.ecosystem)]
        if kind not in ("apk", "deb", "rpm") or ":" in package.ecosystem:
            return package.ecosystem
    if package.ecosystem in _BY_TYPE:
        return _BY_TYPE[package.ecosystem]
    head, _, qualifiers = package.purl.partition("?")
    vendor = head.split("/")[1] if head.count("/") > 1 else ""
    distro = next((q[7:] for q in qualifiers.split("&") if q.startswith("distro=")), "")
    if vendor not in _SUFFIXED or not distro:
        return ""
    name, prefix, parts = _SUFFIXED[vendor]
    release = ".".join(distro.rpartition("-")[2].split(".")[:parts])
    long_term = name == "Ubuntu" and release.endswith(_UBUNTU_LTS_MONTH)
    even = release[:2].isdigit() and int(release[:2]) % 2 == 0
    return f"{name}:{prefix}{release}{':LTS' if long_term and even else ''}"


class Lookup:
    """Questions to one database; what was worked out once is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._orders: dict[str, Order] = {}
        self._found: dict[tuple[str, str, str], tuple[list[tuple[Hit, Entry]], list[Doubtful]]] = {}
        self._answers: dict[tuple[str, str, str], Answer] = {}

    def ask(self, ecosystem: str, name: str, version: str) -> Answer:
        """Return what is known of a version of a package; *ecosystem* is OSV's."""
        at = (ecosystem, name, version)
        answer = self._answers.get(at)
        if answer is None:
            answer = self._answers[at] = self._answer(ecosystem, spell(ecosystem, name), version)
        return answer

    def upgrade(self, ecosystem: str, name: str, version: str) -> Upgrade | None:
        """Return the smallest version free of all that is known, looked up again to prove it.

        Where there is none: the version with the fewest, and which they are. None where no
        later version has fewer.
        """
        spelled = spell(ecosystem, name)
        key = self.order(ecosystem).key
        found = self.ask(ecosystem, name, version).vulnerabilities
        waiting = {fix for item in found for fix in item.fixed}
        tried: set[str] = set()
        best = ""
        fewest = len({hit.row.id for item in found for hit in item.cluster.hits})
        while waiting and len(tried) < MAX_CANDIDATES:
            candidate = min(sorted(waiting), key=key)
            waiting.discard(candidate)
            tried.add(candidate)
            hits, doubts = self._hits(ecosystem, spelled, candidate)
            if not hits and not doubts:
                return Upgrade(candidate)
            left = len({hit.row.id for hit, _ in hits}) + len(doubts)
            if left < fewest:
                best, fewest = candidate, left
            waiting.update(self._beyond(candidate, hits, key) - tried)
        if not best:
            return None
        answer = self.ask(ecosystem, name, best)
        still = [item.cluster.id for item in answer.vulnerabilities]
        return Upgrade(best, (*still, *sorted({record for record, _ in answer.doubts})))

    def _beyond(
        self, version: str, hits: list[tuple[Hit, Entry]], key: Callable[[str], Any]
    ) -> set[str]:
        """Return the versions after *version* that the records which affect it call fixed."""
        later = set()
        for hit, _ in hits:
            for fix in hit.fixed:
                try:
                    if key(version) < key(fix):
                        later.add(fix)
                except InputError:
                    continue
        return later

    def order(self, ecosystem: str) -> Order:
        """Return the order of an ecosystem's versions."""
        found = self._orders.get(ecosystem)
        if found is None:
            found = self._orders[ecosystem] = Order(ecosystem)
        return found

    def _hits(
        self, ecosystem: str, name: str, version: str
    ) -> tuple[list[tuple[Hit, Entry]], list["Doubtful"]]:
        at = (ecosystem, name, version)
        found = self._found.get(at)
        if found is None:
            found = self._found[at] = self._evaluate(ecosystem, name, version)
        return found

    def _evaluate(
        self, ecosystem: str, name: str, version: str
    ) -> tuple[list[tuple[Hit, Entry]], list["Doubtful"]]:
        hits: list[tuple[Hit, Entry]] = []
        doubts: list[Doubtful] = []
        spelled = canonical(osv.base(ecosystem), name, version)
        order = self.order(ecosystem)
        for entry in self._entries(ecosystem, name):
            bare = not entry.ranges and not entry.versions
            malicious = bare and self._database.row(entry.row).malicious
            judged = affected(spelled, entry, order, malicious=malicious)
            if judged is False:
                continue
            row = self._database.row(entry.row)
            if isinstance(judged, Doubt):
                doubts.append((row.id, judged.why))
            else:
                hits.append((Hit(row, entry.rating or row.rating, fixes(entry)), entry))
        return hits, doubts

    def _entries(self, ecosystem: str, name: str) -> tuple[Entry, ...]:
        found = self._database.entries(ecosystem, name)
        base = osv.base(ecosystem)
        return found if base == ecosystem else found + self._database.entries(base, name)

    def _answer(self, ecosystem: str, name: str, version: str) -> Answer:
        hits, doubts = self._hits(ecosystem, name, version)
        if not hits:
            return Answer(doubts=tuple(sorted(set(doubts))))
        entries: dict[tuple[str, int], list[Entry]] = {}
        for hit, entry in hits:
            entries.setdefault((hit.row.id, hit.row.source), []).append(entry)
        found = []
        for cluster in clusters(hit for hit, _ in hits):
            said = [e for hit in cluster.hits for e in entries[hit.row.id, hit.row.source]]
            later = self._later(ecosystem, name, version, cluster=cluster, said=said)
            found.append(Vulnerability(cluster, later))
        return Answer(tuple(found), tuple(sorted(set(doubts))))

    def _later(
        self, ecosystem: str, name: str, version: str, *, cluster: Cluster, said: list[Entry]
    ) -> tuple[str, ...]:
        """Return the fixed versions after *version* that no record of the cluster affects."""
        order = self.order(ecosystem)
        try:
            mine = order.key(canonical(osv.base(ecosystem), name, version))
        except InputError:
            return ()
        free = []
        for fix in cluster.fixed:
            try:
                if not mine < order.key(fix):
                    continue
            except InputError:
                continue
            if not any(affected(fix, entry, order, malicious=False) for entry in said):
                free.append(fix)
        return tuple(sorted(free, key=order.key))


Doubtful = tuple[str, str]
