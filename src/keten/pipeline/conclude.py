"""The end of the flow: waived, gathered, grouped, ranked, decided."""

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase

from msgspec import Struct, structs

from keten import __version__, plugs
from keten.advisories.database import Database
from keten.advisories.lookup import ecosystem_of
from keten.config import Policy, severity
from keten.model.check import Check
from keten.model.delivery import Advisory, Package
from keten.model.evidence import Evidence, Link
from keten.model.facts import Facts
from keten.model.finding import Finding, Verdict
from keten.model.result import DataSource, LinkSummary, Result, Tally, Target, Unknown, Waived
from keten.pipeline.judge import Judged, chooser, link_of
from keten.pipeline.unknowns import gather
from keten.policy.gate import decide
from keten.policy.waivers import apply
from keten.remedy.actions import actions
from keten.remedy.upgrade import plan

SCHEMA = "keten.result/1"


def conclude(
    facts: Facts,
    judged: Judged,
    *,
    target: Target,
    policy: Policy,
    database: Database | None,
    now: date,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return the result: waived, grouped, ranked, decided."""
    config = policy.config
    found = sorted((_weighed(f, policy) for f in judged.findings), key=lambda f: f.order)
    stay, waived, notes = apply(found, config.waiver, now)
    unknown = gather(stay, facts.problems)
    old = [f for f in stay if f.fingerprint in known and f.verdict is not Verdict.UNKNOWN]
    if old:
        notes.append(f"{len(old)} findings were there before and are not shown")
        stay = [f for f in stay if f not in old]
    failed = [f for f in stay if f.verdict is not Verdict.UNKNOWN]
    exploited = {node.ref for node in facts.nodes if isinstance(node, Advisory) and node.exploited}
    files = target.files if any(map(chooser(policy), _secrets())) else 0
    return Result(
        schema=SCHEMA,
        keten=__version__,
        now=now.isoformat(),
        targets=(target,),
        data=_answering(facts, database),
        policy=policy.name,
        policy_digest=policy.digest,
        links=summaries(_Counts(judged, stay, waived, unknown, old, files)),
        actions=actions(
            failed,
            config.rank,
            fix=lambda check: plugs.load(Check, check).fix,
            exploited=lambda f: not exploited.isdisjoint(f.about),
            upgrades={u.package: u for u in plan(facts, database)} if database else {},
        ),
        findings=tuple(failed),
        waived=tuple(waived),
        unknown=unknown,
        problems=facts.problems,
        notes=tuple(notes),
        evidence=_resting(facts, failed),
        checks=tuple(Tally(name, *judged.tallies[name]) for name in sorted(judged.tallies)),
        decision=decide(failed, unknown, config.gate),
    )


def _answering(facts: Facts, database: Database | None) -> tuple[DataSource, ...]:
    """Return the data that answered: of the ecosystems that occur, and what is of none."""
    if database is None:
        return ()
    packages = (node for node in facts.nodes if isinstance(node, Package))
    occur = {ecosystem_of(package) for package in packages}
    return tuple(
        source
        for source in database.sources()
        if not source.ecosystems or any(e.partition(":")[0] in occur for e in source.ecosystems)
    )


class _Counts(Struct):
    """What is counted per link."""

    judged: Judged
    findings: Sequence[Finding]
    waived: Sequence[Waived]
    unknown: Sequence[Unknown]
    old: Sequence[Finding]
    files: int


def summaries(counts: _Counts) -> tuple[LinkSummary, ...]:
    """Return the chain, a summary per link; unknown is never a pass."""
    return tuple(_summary(link, counts) for link in Link)


def _summary(link: Link, counts: _Counts) -> LinkSummary:
    mine = [f for f in counts.findings if f.link is link]
    failed = sum(1 for f in mine if f.verdict is Verdict.FAIL)
    unknown = sum(u.count for u in counts.unknown if u.link is link)
    unknown += sum(1 for f in mine if f.verdict is Verdict.ERROR)
    waived = sum(1 for w in counts.waived if w.finding.link is link)
    passed = sum(c[0] for name, c in counts.judged.tallies.items() if link_of(name) is link)
    if link is Link.SECRETS:  # a file without a secret has no node that a check could pass
        passed += max(0, counts.files - len({f.location.path for f in mine if f.location}))
    old = sum(1 for f in counts.old if f.link is link)
    verdicts = {"fail": failed, "unknown": unknown, "known": old, "pass": passed + waived}
    verdict = next((word for word, count in verdicts.items() if count), "none")
    return LinkSummary(link, verdict, failed, unknown, passed, waived, old)


def _secrets() -> list[str]:
    return [name for name in plugs.names(Check) if link_of(name) is Link.SECRETS]


def _weighed(finding: Finding, policy: Policy) -> Finding:
    for glob, word in policy.config.checks.severity.items():
        if fnmatchcase(finding.check, glob):
            return structs.replace(finding, severity=severity(word) or finding.severity)
    return finding


def _resting(facts: Facts, findings: Sequence[Finding]) -> tuple[Evidence, ...]:
    """Return the evidence that some finding rests on."""
    paths = {f.location.path for f in findings if f.location}
    return tuple(item for item in facts.evidence if item.origin.path in paths)
