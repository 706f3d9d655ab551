"""Why a vulnerability weighs what it weighs: severity, exploited, likely, fix, reached, exposed.

Each reason names what it is taken from. Three things lower a severity, each said with it:
headers of a kernel that does not run from them; what Debian calls unimportant; and functions
of a Go module that are not linked into the program (only where its functions were read in
full). Nothing else does.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct

from keten.advisories.cluster import Cluster
from keten.advisories.records import Rating, weight
from keten.model.facts import Facts, Trust
from keten.model.finding import Severity
from keten.model.image import Symbols
from keten.remedy.actions import LIKELY

MOST_NAMED = 3
_UNIMPORTANT = "unimportant"


class Reach(Struct, frozen=True):
    """Which of the affected functions are linked (*names*); *absent*: certainly none is."""

    names: tuple[str, ...] = ()
    absent: bool = False


class Weight(Struct, frozen=True):
    """A severity, why it is lower than what is told, and the reasons in order."""

    severity: Severity | None
    eased: str
    reasons: tuple[str, ...]


class Known(Struct, frozen=True, kw_only=True):
    """What is known of one vulnerability of one package."""

    cluster: Cluster
    malicious: bool = False
    exploited: str = ""
    epss: float | None = None
    fix: str = ""
    paid: str = ""
    headers: bool = False
    reach: Reach = Reach()
    exposed: str = ""


def weigh(known: Known) -> Weight:
    """Return what a vulnerability weighs, and why."""
    rating = known.cluster.rating
    told = None if rating.severity is None else Severity(rating.severity)
    severity = _raised(told, known)
    severity, eased = _eased(severity, known)
    return Weight(severity, eased, tuple(_reasons(known, rating, eased)))


def _raised(told: Severity | None, known: Known) -> Severity | None:
    """Return the severity; what is exploited is HIGH at least and CRITICAL where it was HIGH."""
    if known.malicious:
        return Severity.CRITICAL
    if not known.exploited:
        return told
    return Severity.CRITICAL if (told or 0) >= Severity.HIGH else Severity.HIGH


def _eased(severity: Severity | None, known: Known) -> tuple[Severity | None, str]:
    if known.malicious:
        return severity, ""
    if known.headers:
        return Severity.INFO, "only headers of the kernel are installed"
    if all(hit.urgency == _UNIMPORTANT for hit in known.cluster.hits):
        return Severity.INFO, "Debian calls it unimportant"
    if known.reach.absent:
        least = Severity.LOW if severity is None else min(severity, Severity.LOW)
        return least, "no affected function is linked into the program"
    return severity, ""


def _reasons(known: Known, rating: Rating, eased: str) -> Iterable[str]:
    yield _rated(known.cluster, rating)
    if known.exploited:
        yield f"known to be exploited since {known.exploited} (CISA KEV)"
    if known.epss is not None:
        likely = "likely" if known.epss >= LIKELY else "not likely"
        yield f"{likely} to be exploited within 30 days (EPSS {known.epss * 100:.3g} %)"
    if known.fix:
        yield f"fix only for {known.paid}" if known.paid else "fix at hand"
    else:
        ended = any(hit.urgency == "end-of-life" for hit in known.cluster.hits)
        yield "no fix: the release no longer gets any for it" if ended else "no fix known"
    if known.reach.names:
        shown = ", ".join(known.reach.names[:MOST_NAMED])
        more = len(known.reach.names) - MOST_NAMED
        yield f"linked into the program: {shown}" + (f" and {more} more" if more > 0 else "")
    if known.exposed:
        yield f"exposed by {known.exposed}"
    if eased:
        yield f"lowered: {eased}"


def _rated(cluster: Cluster, rating: Rating) -> str:
    if rating.severity is None:
        return "severity not known, counted as medium"
    word = Severity(rating.severity).word
    best = max(cluster.hits, key=lambda hit: (weight(hit.rating), hit.row.id))
    if rating.tenths < 0:
        return f"severity {word} (in a word of {best.row.id})"
    return f"severity {word} ({scheme(rating.vector)} {rating.tenths / 10:.1f} of {best.row.id})"


def scheme(vector: str) -> str:
    """Return which CVSS a vector is of: ``CVSS 3.1``; without a prefix it is version 2."""
    head = vector.partition("/")[0]
    return f"CVSS {head[5:]}" if head.startswith("CVSS:") else "CVSS 2"


class Linked:
    """Which functions are linked into which program, by the program's path."""

    def __init__(self, nodes: Iterable[object]) -> None:
        self._programs: Mapping[str, Symbols] = {n.id: n for n in nodes if isinstance(n, Symbols)}
        self._names = cache(self._split)

    def knows(self, path: str) -> bool:
        """Return whether the functions of the program at *path* were read."""
        return path in self._programs

    def reach(self, path: str, cluster: Cluster) -> Reach:
        """Return which functions that the advisories of a cluster name are linked."""
        program = self._programs.get(path)
        if program is None or not all(hit.imports for hit in cluster.hits):
            return Reach()
        names: set[str] = set()
        for hit in cluster.hits:
            for package, symbols, _ in hit.imports:
                if package not in program.functions:
                    continue
                if not symbols:
                    names.add(package)
                found = self._names(path, package).intersection(symbols)
                names.update(f"{package}.{name}" for name in found)
        return Reach(tuple(sorted(names)), absent=program.complete and not names)

    def _split(self, path: str, package: str) -> frozenset[str]:
        return frozenset(self._programs[path].functions[package].split(" "))


def exposure(facts: Facts) -> str:
    """Return what exposes the image that was read to the outside, "" where nothing is known to.

    A route exposes a service, which selects a workload, which runs an image whose content was
    read.
    """
    from keten.model.delivery import Image

    read = {n.ref for n in facts.nodes if isinstance(n, Image) and n.content is not None}
    if not read:
        return ""
    edges = [e for e in facts.edges if e.trust >= Trust.OBSERVED]
    running = {e.src for e in edges if e.relation == "runs" and e.dst in read}
    serving = {e.src for e in edges if e.relation == "selects" and e.dst in running}
    routes = sorted(e.src for e in edges if e.relation == "exposes" and e.dst in serving)
    return routes[0] if routes else ""
