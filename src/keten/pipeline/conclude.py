"""The end of the flow: waived, gathered, grouped, ranked, decided."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from keten import __version__, plugs
from keten.advisories.questions import ecosystem_of
from keten.config import Policy, severity
from keten.derive.vulnerabilities import owned
from keten.model.check import Check
from keten.model.delivery import Advisory, Package
from keten.model.evidence import Evidence, Link
from keten.model.facts import Facts
from keten.model.finding import Finding, Severity, Verdict
from keten.model.result import (
    DataSource,
    LinkSummary,
    Result,
    SetAside,
    Tally,
    Target,
    Unknown,
    Waived,
)
from keten.model.rules import Rules
from keten.pipeline import flood
from keten.pipeline.choosing import asks_for_secrets, link_of
from keten.pipeline.clusters.aside import aside_notes
from keten.pipeline.judge import Judged, Lack, findings_of
from keten.pipeline.unknowns import gather
from keten.policy.gate import decide
from keten.policy.waivers import Names, apply, matches
from keten.remedy.actions import actions, weights

if TYPE_CHECKING:  # imported where there is one
    from keten.advisories.database import Database
    from keten.remedy.bases import Base
    from keten.remedy.upgrade import Upgrade

SCHEMA = "keten.result/1"


def conclude(
    facts: Facts,
    judged: Judged,
    *,
    target: Target,
    policy: Policy,
    database: "Database | None",
    now: date,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return the result: waived, grouped, ranked, decided."""
    config = policy.config
    weigh = config.checks.severity
    lacks, single = _parted(judged.lacks, policy, now)
    found = [*judged.findings, *(f for lack in single for f in findings_of(lack))]
    found += flood.findings(judged.rests)
    found = [_weighed(f, policy) for f in found] if weigh else found
    found.sort(key=lambda f: f.order)
    nodes = {n.ref: n for n in facts.nodes if isinstance(n, (Advisory, Package))}
    stay, waived, notes = apply(found, config.waiver, now, names=naming(nodes))
    aside: list[SetAside] = []
    if policy.vex:
        from keten.policy import vex

        said = vex.apply(stay, facts, policy.vex, now)
        stay, aside = said.stay, said.aside
        notes += said.notes
    notes += owned_note(nodes)
    notes += concluded_notes(facts)
    notes += aside_notes(facts.nodes)
    unknown = gather(stay, facts.problems, lacks)
    old = [f for f in stay if f.fingerprint in known and f.verdict is not Verdict.UNKNOWN]
    if old:
        count = sum(f.times for f in old)
        notes.append(f"{count} findings were there before and are not shown")
        stay = [f for f in stay if f.fingerprint not in known or f.verdict is Verdict.UNKNOWN]
    failed = [f for f in stay if f.verdict is not Verdict.UNKNOWN]
    advisories = [node for node in nodes.values() if isinstance(node, Advisory)]
    exploited = {node.ref for node in advisories if node.exploited}
    searched = target.files if target.searched is None else target.searched
    files = searched if asks_for_secrets(policy) else 0
    return Result(
        schema=SCHEMA,
        keten=__version__,
        now=now.isoformat(),
        targets=(target,),
        data=_answering(facts, database),
        policy=policy.name,
        policy_digest=policy.digest,
        links=summaries(_Counts(judged, stay, [*waived, *aside], unknown, old, files)),
        actions=actions(
            failed,
            config.rank,
            fix=lambda check: plugs.load(Check, check).fix,
            exploited=lambda f: not exploited.isdisjoint(f.about),
            more=weights(advisories, config.rank),
            upgrades=_upgrades(facts, database),
            bases=_bases(facts) if database is not None else {},
        ),
        findings=tuple(failed),
        set_aside=tuple(aside),
        waived=tuple(waived),
        unknown=unknown,
        problems=facts.problems,
        notes=tuple(notes),
        evidence=_resting(facts, failed),
        checks=tuple(Tally(name, *judged.tallies[name]) for name in sorted(judged.tallies)),
        decision=decide(failed, unknown, config.gate),
        bundle=database.release() if database is not None else None,
        packages=tuple(sorted({n.id for n in nodes.values() if isinstance(n, Package)})),
    )


def _parted(lacks: Sequence[Lack], policy: Policy, now: date) -> tuple[list[Lack], list[Lack]]:
    """Return what can be told by its cause, and what policy may speak of one by one."""
    config = policy.config
    globs = [waiver.check for waiver in config.waiver if now <= waiver.until]
    globs += config.checks.severity
    together: list[Lack] = []
    single: list[Lack] = []
    for lack in lacks:
        spoken = any(matches(glob, lack.check) for glob in globs)
        (single if spoken else together).append(lack)
    return together, single


def naming(nodes: Mapping[str, Advisory | Package]) -> Names:
    """Return what tells of a finding its vulnerability's names, and its package's."""

    def named(finding: Finding) -> tuple[Sequence[str], Sequence[str]]:
        ids: list[str] = []
        for ref in finding.about:
            node = nodes.get(ref)
            if isinstance(node, Advisory):
                ids += (node.vulnerability, *node.aliases)
        package = nodes.get(finding.subject)
        if not isinstance(package, Package):
            return ids, ()
        bare = package.purl.partition("?")[0]
        at = f"{package.name}@{package.version}"
        return ids, (package.purl, bare, at, package.name)

    return named


def owned_note(nodes: Mapping[str, Advisory | Package]) -> list[str]:
    """Return what is to be said of packages that are judged with one of the system's."""
    packages = [node for node in nodes.values() if isinstance(node, Package) and node.owner]
    count = sum(1 for package in packages if owned(package, nodes))
    if not count:
        return []
    what = "package is" if count == 1 else "packages are"
    by = "judged by the distribution's advisories, under the package that brought them"
    return [f"{count} language {what} the operating system's own: {by}"]


def concluded_notes(facts: Facts) -> list[str]:
    """Return what is to be said of licences that a person concluded."""
    notes = []
    for node in facts.nodes:
        if isinstance(node, Rules):
            notes += [f"licence concluded by a person: {said}" for said in node.used]
            notes += [
                f"conclusion on the licence of {purl} matches no package: remove it"
                for purl in node.unused
            ]
    return notes


def _upgrades(facts: Facts, database: "Database | None") -> "dict[str, Upgrade]":
    if database is None:
        return {}
    from keten.remedy.upgrade import plan

    return {upgrade.package: upgrade for upgrade in plan(facts, database)}


def _bases(facts: Facts) -> "dict[str, Base]":
    from keten.remedy.bases import bases

    return bases(facts)


def _answering(facts: Facts, database: "Database | None") -> tuple[DataSource, ...]:
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
    waived: Sequence[Waived | SetAside]
    unknown: Sequence[Unknown]
    old: Sequence[Finding]
    files: int


def summaries(counts: _Counts) -> tuple[LinkSummary, ...]:
    """Return the chain, a summary per link; unknown is never a pass."""
    failed = _times(f for f in counts.findings if f.verdict is Verdict.FAIL)
    advice = _times(
        f for f in counts.findings if f.verdict is Verdict.FAIL and f.severity is Severity.INFO
    )
    unknown = _times(f for f in counts.findings if f.verdict is Verdict.ERROR)
    for item in counts.unknown:
        unknown[item.link] += item.count
    waived = _times(item.finding for item in counts.waived)
    old = _times(counts.old)
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
                link,
                verdict,
                failed[link],
                unknown[link],
                passed[link],
                waived[link],
                old[link],
                advice[link],
            )
        )
    return tuple(made)


def _times(findings: Iterable[Finding]) -> Counter[Link]:
    """Return how many there are of each link; one may stand for many."""
    found = Counter[Link]()
    for finding in findings:
        found[finding.link] += finding.times
    return found


def _weighed(finding: Finding, policy: Policy) -> Finding:
    for glob, word in policy.config.checks.severity.items():
        if fnmatchcase(finding.check, glob):
            return structs.replace(finding, severity=severity(word) or finding.severity)
    return finding


def _resting(facts: Facts, findings: Sequence[Finding]) -> tuple[Evidence, ...]:
    """Return the evidence that some finding rests on."""
    paths = {f.location.path for f in findings if f.location}
    return tuple(item for item in facts.evidence if item.origin.path in paths)
