"""What could not be judged, so is not passed: gathered by cause, with the way to know."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from keten import plugs
from keten.graph.places import Places
from keten.model.check import Check
from keten.model.evidence import Link, Problem
from keten.model.finding import Finding, Location, Severity, Verdict
from keten.model.needs import NEEDS
from keten.model.result import Unknown
from keten.pipeline.asides import eased
from keten.pipeline.choosing import link_of
from keten.pipeline.judge import Lack, weight

SNAPSHOT = "keten-snapshot.json"
"""What was not to be listed of a cluster is told in this file, and blinds those beside it."""
UNREAD = Severity.HIGH
"""An input that could not be read may hide anything."""


class _Group(Struct):
    """*subjects*: where each stands, or what knows it: that is asked of one of them."""

    severity: Severity
    subjects: dict[str, Location | Places | None]
    checks: set[str]


def gather(
    findings: Sequence[Finding], problems: Sequence[Problem], lacks: Sequence[Lack] = ()
) -> tuple[Unknown, ...]:
    """Return the unknowns, the gravest first: what lacks evidence by cause, then unread input."""
    causes = _Causes(problems)
    groups: dict[tuple[Link, str, str], _Group] = {}
    for finding in findings:
        if finding.verdict is not Verdict.UNKNOWN:
            continue
        path = finding.location.path if finding.location else ""
        why, how = causes.of(finding.subject, path, finding.message)
        group = groups.setdefault((finding.link, why, how), _Group(Severity.INFO, {}, set()))
        group.severity = max(group.severity, finding.severity)
        group.subjects.setdefault(finding.subject, finding.location)
        group.checks.add(finding.check)
    for lack in lacks:
        _lacking(lack, causes, groups)
    unknowns = [_unknown(key, group) for key, group in groups.items()]
    unknowns += [_unread(problem) for problem in problems if problem not in causes.used]
    return tuple(sorted(unknowns, key=_order))


def _lacking(lack: Lack, causes: "_Causes", groups: dict[tuple[Link, str, str], _Group]) -> None:
    """Take what a check could not judge into *groups*: a cause and a weight once for each path."""
    check, link, need = plugs.load(Check, lack.check), link_of(lack.check), lack.need
    places = lack.places
    path_of = places.path
    near: dict[str, dict[str, Location | Places | None]] = {}
    for _, ref in lack.subjects:
        path = path_of(ref)
        subjects = None if causes.some and causes.about(ref, need) else near.get(path)
        if subjects is None:
            why, how = causes.of(ref, path, need)
            group = groups.setdefault((link, why, how), _Group(Severity.INFO, {}, set()))
            group.severity = max(group.severity, weight(check, lack.check, places.at(ref)))
            group.checks.add(lack.check)
            subjects = group.subjects
            if not causes.about(ref, need):
                near[path] = subjects
        subjects.setdefault(ref, places)


_LINKS = {link: number for number, link in enumerate(Link)}


def _order(item: Unknown) -> tuple[int, int, str, str, str]:
    return -item.severity, _LINKS[item.link], item.what, item.why, item.how


class _Causes:
    """Which problem explains why a subject lacks a need."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.used: set[Problem] = set()
        self._about: dict[tuple[str, str], Problem] = {}
        self._paths: dict[str, list[Problem]] = defaultdict(list)
        self._listed: list[tuple[str, list[Problem]]] = []
        for problem in problems:
            if problem.about:
                self._about.setdefault((problem.about, problem.need), problem)
                self._about.setdefault((problem.about, ""), problem)
            else:
                self._paths[problem.path].append(problem)
        for path, near in sorted(self._paths.items()):
            folder, _, name = path.rpartition("/")
            if name == SNAPSHOT:
                self._listed.append((f"{folder}/" if folder else "", near))

    @property
    def some(self) -> bool:
        """Return whether there is a problem of a single node."""
        return bool(self._about)

    def about(self, ref: str, need: str) -> Problem | None:
        """Return the problem that is of this node, if there is one."""
        if not self._about:
            return None
        return self._about.get((ref, need)) or self._about.get((ref, ""))

    def of(self, ref: str, path: str, need: str) -> tuple[str, str]:
        """Return why the node *ref* at *path* lacks *need*, and how to know."""
        problem = self.about(ref, need)
        if problem is None:
            near = self._paths.get(path, [])
            problem = next((p for p in near if p.need in ("", need)), None)
        if problem is None:
            return self._refused(path, need) or (f"not looked: {NEEDS[need].what}", NEEDS[need].how)
        self.used.add(problem)
        return problem.what, problem.advice or NEEDS[need].how

    def _refused(self, path: str, need: str) -> tuple[str, str] | None:
        """Return which list of its cluster is missing, where the file is of a snapshot.

        The problem stays told: it hides more than what asked for it here.
        """
        for folder, problems in self._listed:
            if path.startswith(folder):
                told = {p.what: p.advice for p in problems if p.need == need}
                if told:
                    first, *more = sorted(told)
                    count = f" (and {len(more)} more)" if more else ""
                    return f"{first}{count}", told[first]
        return None


def _unknown(key: tuple[Link, str, str], group: _Group) -> Unknown:
    link, why, how = key
    first = min(group.subjects)
    stands = group.subjects[first]
    return Unknown(
        link=link,
        what=_short(first),
        why=why,
        how=how,
        severity=group.severity,
        count=len(group.subjects),
        checks=tuple(sorted(group.checks)),
        location=stands.at(first) if isinstance(stands, Places) else stands,
    )


def _unread(problem: Problem) -> Unknown:
    return Unknown(
        link=problem.link,
        what=problem.path or ".",
        why=problem.what,
        how=problem.advice,
        severity=eased(UNREAD, problem.link, problem.path),
        location=Location(problem.path, problem.line, problem.column) if problem.path else None,
    )


def _short(ref: str) -> str:
    """Return a ref as a reader knows it: without its type."""
    return ref.partition(" ")[2]
