"""Waivers: findings somebody answers for, until a day.

A waiver whose day is over does not work, and says so; one that covers nothing says so too.
"""

from collections.abc import Callable, Sequence
from datetime import date
from fnmatch import translate
from functools import cache
from re import Pattern
from re import compile as pattern

from keten.config import Waiver
from keten.model.finding import Finding
from keten.model.result import Waived

Names = Callable[[Finding], tuple[Sequence[str], Sequence[str]]]


def _unnamed(finding: Finding) -> tuple[Sequence[str], Sequence[str]]:
    return (finding.key,), ()


def apply(
    findings: Sequence[Finding],
    waivers: Sequence[Waiver],
    now: date,
    *,
    names: Names = _unnamed,
) -> tuple[list[Finding], list[Waived], list[str]]:
    """Return the findings that stay, those waived, and what is to be said of the waivers.

    *names* tells of a finding which vulnerabilities and which packages it is of.
    """
    live = [waiver for waiver in waivers if now <= waiver.until]
    used: set[int] = set()
    stay: list[Finding] = []
    waived: list[Waived] = []
    near = cache(lambda path: [i for i, waiver in enumerate(live) if matches(waiver.path, path)])
    for finding in findings if live else ():
        cover = next((i for i in near(_path(finding)) if covers(live[i], finding, names)), None)
        if cover is None:
            stay.append(finding)
            continue
        used.add(cover)
        waived.append(_waived(finding, live[cover]))
    if not live:
        stay = list(findings)
    notes = [
        f"waiver of {name(w)} ended on {w.until.isoformat()} ({w.owner}): it covers nothing now"
        for w in waivers
        if now > w.until
    ]
    notes += [
        f"waiver of {name(w)} ({w.owner}) matches no finding: remove it"
        for i, w in enumerate(live)
        if i not in used
    ]
    return stay, waived, notes


def _waived(finding: Finding, waiver: Waiver) -> Waived:
    return Waived(
        finding,
        waiver.reason,
        waiver.owner,
        waiver.until.isoformat(),
        waiver.status,
        waiver.justification,
    )


def covers(waiver: Waiver, finding: Finding, names: Names = _unnamed) -> bool:
    """Return whether *waiver* speaks of *finding*, its end aside."""
    return (
        (not waiver.fingerprint or waiver.fingerprint == finding.fingerprint)
        and matches(waiver.check, finding.check)
        and matches(waiver.subject, finding.subject)
        and matches(waiver.path, _path(finding))
        and _of(waiver, finding, names)
    )


def _of(waiver: Waiver, finding: Finding, names: Names) -> bool:
    """Return whether a finding is of the vulnerability and the package that *waiver* names."""
    if waiver.vulnerability == "*" and waiver.package == "*":
        return True
    vulnerabilities, packages = names(finding)
    return (
        waiver.vulnerability == "*"
        or any(matches(waiver.vulnerability, name) for name in vulnerabilities)
    ) and (waiver.package == "*" or any(matches(waiver.package, name) for name in packages))


def matches(glob: str, text: str) -> bool:
    """Return whether *glob*, a pattern as in a shell, takes *text*, as fnmatchcase would say.

    fnmatch keeps 256 patterns and compiles those of a long list again each time.
    """
    return glob == "*" or _compiled(glob).match(text) is not None


@cache
def _compiled(glob: str) -> Pattern[str]:
    return pattern(translate(glob))


def _path(finding: Finding) -> str:
    return finding.location.path if finding.location else ""


def name(waiver: Waiver) -> str:
    """Return how output names a waiver."""
    parts = (
        waiver.fingerprint, waiver.check, waiver.subject, waiver.path, waiver.vulnerability,
        waiver.package,
    )  # fmt: skip
    return " ".join(part for part in parts if part not in ("", "*"))
