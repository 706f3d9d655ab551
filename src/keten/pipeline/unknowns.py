"""What could not be judged, so is not passed: gathered by cause, with the way to know."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from keten.model.evidence import Link, Problem
from keten.model.finding import Finding, Location, Severity, Verdict
from keten.model.needs import NEEDS
from keten.model.result import Unknown
from keten.pipeline.asides import eased

UNREAD = Severity.HIGH
"""An input that could not be read may hide anything."""


class _Group(Struct):
    severity: Severity
    subjects: dict[str, Location | None]
    checks: set[str]


def gather(findings: Sequence[Finding], problems: Sequence[Problem]) -> tuple[Unknown, ...]:
    """Return the unknowns, the gravest first: UNKNOWN findings by cause, then unread input."""
    causes = _Causes(problems)
    groups: dict[tuple[Link, str, str], _Group] = {}
    for finding in findings:
        if finding.verdict is not Verdict.UNKNOWN:
            continue
        why, how = causes.of(finding)
        group = groups.setdefault((finding.link, why, how), _Group(Severity.INFO, {}, set()))
        group.severity = max(group.severity, finding.severity)
        group.subjects.setdefault(finding.subject, finding.location)
        group.checks.add(finding.check)
    unknowns = [_unknown(key, group) for key, group in groups.items()]
    unknowns += [_unread(problem) for problem in problems if problem not in causes.used]
    return tuple(sorted(unknowns, key=_order))


_LINKS = {link: number for number, link in enumerate(Link)}


def _order(item: Unknown) -> tuple[int, int, str, str]:
    return -item.severity, _LINKS[item.link], item.what, item.why


class _Causes:
    """Which problem explains why a subject lacks a need."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.used: set[Problem] = set()
        self._about: dict[tuple[str, str], Problem] = {}
        self._paths: dict[str, list[Problem]] = defaultdict(list)
        for problem in problems:
            if problem.about:
                self._about.setdefault((problem.about, problem.need), problem)
                self._about.setdefault((problem.about, ""), problem)
            else:
                self._paths[problem.path].append(problem)

    def of(self, finding: Finding) -> tuple[str, str]:
        """Return why, and how to know. The message of an UNKNOWN finding is the need."""
        need = finding.message
        path = finding.location.path if finding.location else ""
        problem = self._about.get((finding.subject, need)) or self._about.get((finding.subject, ""))
        if problem is None:
            near = self._paths.get(path, [])
            problem = next((p for p in near if p.need in ("", need)), None)
        if problem is None:
            return f"not looked: {NEEDS[need].what}", NEEDS[need].how
        self.used.add(problem)
        return problem.what, problem.advice or NEEDS[need].how


def _unknown(key: tuple[Link, str, str], group: _Group) -> Unknown:
    link, why, how = key
    names = sorted(group.subjects)
    return Unknown(
        link=link,
        what=_short(names[0]),
        why=why,
        how=how,
        severity=group.severity,
        count=len(names),
        checks=tuple(sorted(group.checks)),
        location=group.subjects[names[0]],
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
