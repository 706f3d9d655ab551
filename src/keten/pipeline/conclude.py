"""The end of the flow: waived, gathered, grouped, ranked, decided."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase

from msgspec import Struct, structs

from keten import __version__, plugs
from keten.advisories.database import Database
from keten.advisories.questions import ecosystem_of
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
    weigh = config.checks.severity
    found = [_weighed(f, policy) for f in judged.findings] if weigh else judged.findings
    found = sorted(found, key=lambda f: f.order)
    stay, waived, notes = apply(found, config.waiver, now)
    unknown = gather(stay, facts.problems)
    old = [f for f in stay if f.fingerprint in known and f.verdict is not Verdict.UNKNOWN]
    if old:
        notes.append(f"{len(old)} findings were there before and are not shown")
        stay = [f for f in stay if f not in old]
    failed = [f for f in stay if f.verdict is not Verdict.UNKNOWN]
    exploited = {node.ref for node in facts.nodes if isinstance(node, Advisory) and node.exploited}
    searched = target.files if target.searched is None else target.searched
    files = searched if any(map(chooser(policy), _secrets())) else 0
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
        bundle=database.release() if database is not None else None,
    )


def _answering(facts: Facts, database: Database | None) -> tuple[DataSource, ...]:
    """Return the data that answered: of the ecosystems that occur, and what is of none."""
    if database is None:
        return ()
    packages = (node for node in facts.nodes if isinstance(node, Package))
    occur = {ecosystem_of(package).partition(":")[0] for package in packages}
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
    failed = Counter(f.link for f in counts.findings if f.verdict is Verdict.FAIL)
    unknown = Counter(f.link for f in counts.findings if f.verdict is Verdict.ERROR)
    for item in counts.unknown:
        unknown[item.link] += item.count
    waived = Counter(item.finding.link for item in counts.waived)
    old = Counter(f.link for f in counts.old)
    passed = Counter[Link]()
    for name, tally in counts.judged.tallies.items():
        passed[link_of(name)] += tally[0]
    # A file without a secret has no node that a check could pass: it was searched.
    holding = {f.location.path for f in counts.findings if f.link is Link.SECRETS and f.location}
    passed[Link.SECRETS] += max(0, counts.files - len(holding))
    made = []
    for link in Link:
        verdicts = {
            "fail": failed[link],
            "unknown": unknown[link],
            "known": old[link],
            "pass": passed[link] + waived[link],
        }
        verdict = next((word for word, count in verdicts.items() if count), "none")
        made.append(
            LinkSummary(
                link, verdict, failed[link], unknown[link], passed[link], waived[link], old[link]
            )
        )
    return tuple(made)


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
