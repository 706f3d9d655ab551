"""The JSON result as types: what is published as docs/result.schema.json.

Beside model.result it spells severities as words and gives each finding its context, so that
a reader of one finding needs no other place. Fields are added, never changed.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from keten import plugs
from keten.model.alike import Alike, alike
from keten.model.check import Check
from keten.model.evidence import Link, Problem
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.result import (
    Action,
    AttackPath,
    Bundle,
    DataSource,
    Decision,
    LinkSummary,
    Result,
    SetAside,
    Tally,
    Target,
    Unknown,
)

Word = Literal["critical", "high", "medium", "low", "info"]
_WORDS: dict[Severity, Word] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
    Severity.INFO: "info",
}


class Resting(Struct, frozen=True):
    """The bytes that a finding rests on."""

    path: str
    digest: str


class Found(Struct, frozen=True):
    """A finding. *verdict* is ``fail``, or ``error`` where the check itself broke.

    *times*, where it is there, is how many findings it stands for.
    """

    check: str
    title: str
    verdict: Verdict
    severity: Word
    link: Link
    subject: str
    message: str
    fingerprint: str
    location: Location | None
    field: str
    evidence: tuple[Resting, ...]
    trust: Literal["claimed", "observed", "verified"]
    threats: tuple[str, ...]
    controls: tuple[str, ...]
    fix: str
    change: Change | None
    about: tuple[str, ...]
    waived: bool
    why: str = ""
    times: int | UnsetType = UNSET


class Kind(Struct, frozen=True):
    """Findings of one check at one severity, counted: *findings*, about *subjects* in *files*.

    *first* is the fingerprint of the first of them.
    """

    check: str
    title: str
    verdict: Verdict
    severity: Word
    findings: int
    subjects: int
    files: int
    first: str
    location: Location | None
    fix: str


class Excused(Struct, frozen=True):
    """A finding that somebody answers for until a day."""

    finding: Found
    reason: str
    owner: str
    until: str


class Aside(Struct, frozen=True):
    """A finding that a VEX statement takes away: who says so, when, why, where."""

    finding: Found
    status: str
    reason: str
    justification: str
    author: str
    at: str
    document: str
    digest: str


class NotKnown(Struct, frozen=True):
    """What could not be judged, so is not passed: what, why, and how to know."""

    link: Link
    what: str
    why: str
    how: str
    severity: Word
    count: int
    checks: tuple[str, ...]
    location: Location | None


class Policy(Struct, frozen=True):
    """Which policy judged, with its digest ("" for the default)."""

    name: str
    digest: str


class Document(Struct, frozen=True, kw_only=True):
    """The whole result. *packages* are the ids (``path#purl``) of all that were judged.

    *alike* counts the findings by check and severity, the worst first. *paths* are the weakest
    attack paths, where they were asked for or the cluster is small.
    """

    schema: str
    keten: str
    now: str
    targets: tuple[Target, ...]
    data: tuple[DataSource, ...]
    policy: Policy
    decision: Decision
    counts: dict[Word, int]
    links: tuple[LinkSummary, ...]
    actions: tuple[Action, ...]
    findings: tuple[Found, ...]
    waived: tuple[Excused, ...]
    unknown: tuple[NotKnown, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    checks: tuple[Tally, ...]
    bundle: Bundle | None = None
    set_aside: tuple[Aside, ...] = ()
    packages: tuple[str, ...] = ()
    alike: tuple[Kind, ...] = ()
    paths: tuple[AttackPath, ...] = ()


def document(result: Result) -> Document:
    """Return *result* as the published document."""
    digests = {item.origin.path: item.digest for item in result.evidence}
    return Document(
        schema=result.schema,
        keten=result.keten,
        now=result.now,
        targets=result.targets,
        data=result.data,
        policy=Policy(result.policy, result.policy_digest),
        decision=result.decision,
        counts=counts(result),
        links=result.links,
        actions=result.actions,
        findings=tuple(_found(f, digests) for f in result.findings),
        waived=tuple(
            Excused(_found(w.finding, digests, waived=True), w.reason, w.owner, w.until)
            for w in result.waived
        ),
        unknown=tuple(_not_known(item) for item in result.unknown),
        problems=result.problems,
        notes=result.notes,
        checks=result.checks,
        set_aside=tuple(_aside(item, digests) for item in result.set_aside),
        bundle=result.bundle,
        packages=result.packages,
        alike=tuple(_kind(group) for group in alike(result.findings)),
        paths=result.paths,
    )


def _kind(group: Alike) -> Kind:
    first = group.first
    check = plugs.load(Check, first.check)
    return Kind(
        check=first.check,
        title=check.title,
        verdict=first.verdict,
        severity=_WORDS[first.severity],
        findings=group.count,
        subjects=group.subjects,
        files=group.files,
        first=first.fingerprint,
        location=first.location,
        fix=check.fix,
    )


def _aside(item: SetAside, digests: dict[str, str]) -> Aside:
    return Aside(
        _found(item.finding, digests),
        item.status,
        item.reason,
        item.justification,
        item.author,
        item.at,
        item.document,
        item.digest,
    )


def counts(result: Result) -> dict[Word, int]:
    """Return how many findings there are of each severity, the worst first."""
    table = dict.fromkeys(_WORDS.values(), 0)
    for finding in result.findings:
        table[_WORDS[finding.severity]] += 1
    return table


def _found(finding: Finding, digests: dict[str, str], *, waived: bool = False) -> Found:
    check = plugs.load(Check, finding.check)
    path = finding.location.path if finding.location else ""
    return Found(
        check=finding.check,
        title=check.title,
        verdict=finding.verdict,
        severity=_WORDS[finding.severity],
        link=finding.link,
        subject=finding.subject,
        message=finding.message,
        fingerprint=finding.fingerprint,
        location=finding.location,
        field=finding.field,
        evidence=(Resting(path, digests[path]),) if path in digests else (),
        trust="observed",
        threats=tuple(str(threat) for threat in check.threats),
        controls=check.controls,
        fix=check.fix,
        change=finding.change,
        about=finding.about,
        waived=waived,
        why=finding.why,
        times=finding.times if finding.times > 1 else UNSET,
    )


def _not_known(item: Unknown) -> NotKnown:
    return NotKnown(
        link=item.link,
        what=item.what,
        why=item.why,
        how=item.how,
        severity=_WORDS[item.severity],
        count=item.count,
        checks=item.checks,
        location=item.location,
    )
