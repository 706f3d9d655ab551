"""The whole flow on one page: target, evidence, facts, graph, findings, decision."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from keten import plugs
from keten.config import Policy
from keten.derive import rulings, vulnerabilities
from keten.graph.places import Places
from keten.graph.store import Graph, merge
from keten.model.check import Check
from keten.model.delivery import Chart
from keten.model.facts import Facts, Looked
from keten.model.kube import Object, Role, Workload
from keten.model.result import AttackPath, Result, Target
from keten.model.rules import Rules
from keten.pipeline import attestations
from keten.pipeline.choosing import chooser
from keten.pipeline.conclude import conclude
from keten.pipeline.judge import Judged, judge_all, local, select, waiting

if TYPE_CHECKING:  # imported where there is one
    from keten.advisories.database import Database

Progress = Callable[[str, int, int], None]


class Scanned(Struct, frozen=True):
    """The facts of a target and what was judged where they were made.

    *whole*: the target is a folder. What stands beside a single file was not looked at.
    """

    facts: Facts
    judged: Judged
    target: Target
    whole: bool = True


def judge(
    scanned: Scanned,
    policy: Policy,
    *,
    database: "Database | None",
    now: date,
    progress: Progress,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what was collected, judged under *policy*.

    *progress* is told (stage, done, of all), in bytes. *known* are fingerprints of findings
    that an earlier result had: they are counted and neither shown nor gated.
    """
    facts = merge([scanned.facts, *derived(scanned, policy, database=database, now=now)])
    progress("judging", 0, 0)
    chosen = chooser(policy)
    types = {type(node) for node in facts.nodes}
    sections = {node.id for node in facts.nodes if isinstance(node, Rules)}
    checks = waiting(select(chosen, of=types, sections=sections))
    judged = scanned.judged
    graph = Graph(facts, now)
    more = judge_all(facts.nodes, checks, graph, Places(facts.places))
    if Workload in types:
        from keten.pipeline.clusters.settling import alike

        alike(more, judged.findings, facts)
    judged.add(more)
    if Role in types:
        from keten.pipeline.clusters.unbound import eased

        judged.findings = eased(judged.findings, graph)
    result = conclude(
        facts,
        judged,
        target=scanned.target,
        policy=policy,
        database=database,
        now=now,
        known=known,
    )
    return structs.replace(result, paths=_paths(facts, graph, policy.paths_up_to))


def _paths(facts: Facts, graph: Graph, most: int) -> tuple[AttackPath, ...]:
    """Return the attack paths of the clusters among *facts* of *most* workloads or fewer.

    The graph has judged them: who reaches and may do what is known there.
    """
    if not 0 < sum(isinstance(node, Workload) for node in facts.nodes) <= most:
        return ()
    from keten.cluster.estates import estate
    from keten.cluster.paths.told import told

    return told(estate(graph), Places(facts.places).find)


def opened(database: Path | None) -> "Database | None":
    """Return the advisory database in a file; DataError where it can not be used."""
    if database is None:
        return None
    from keten.advisories.database import Database

    return Database(database)


def judge_here(facts: Facts, policy: Policy, now: date) -> Judged:
    """Judge facts made in this process by the checks that do not leave their subject."""
    checks = local(select(chooser(policy), of={type(node) for node in facts.nodes}))
    return judge_all(facts.nodes, checks, Graph(facts, now, local=True), Places(facts.places))


def derived(
    scanned: Scanned, policy: Policy, *, database: "Database | None", now: date
) -> Sequence[Facts]:
    """Return what follows from the facts."""
    age = policy.config.advisories.max_age_days
    related = _related(scanned.facts)
    beside = Facts(looked=(Looked("*", "tree"),))
    if not scanned.whole:
        seen = tuple(item for item in related.looked if item.need != "objects")
        related, beside = structs.replace(related, looked=seen), Facts()
    known = Facts()
    if _wants_advisories(policy):
        doubt = _doubt(policy, database, now)
        known = vulnerabilities.derive(scanned.facts, database, now, max_age_days=age, doubt=doubt)
    tied = attestations.proven(scanned.facts, policy)
    return related, known, beside, rulings.derive(scanned.facts, policy.config), tied


def _doubt(policy: Policy, database: "Database | None", now: date) -> str:
    """Return what is wrong with the database, where policy demands a signed one."""
    said = policy.config.advisories
    if database is None or not said.require_signed:
        return ""
    from keten.advisories import demanded

    root = policy.folder / said.root if said.root else None
    return demanded.doubt(database.path, now, root)


def _wants_advisories(policy: Policy) -> bool:
    """Return whether a check that may run asks for advisories.

    Where somebody names the checks that run, data that none of them needs are not missed.
    """
    if not policy.config.checks.only:
        return True
    chosen = chooser(policy)
    wanted = {vulnerabilities.NEED, vulnerabilities.MALICE}
    return any(
        not wanted.isdisjoint(plugs.load(Check, name).needs)
        for name in plugs.names(Check)
        if chosen(name)
    )


def _related(facts: Facts) -> Facts:
    """Return how objects of a cluster hang together, where there are any."""
    if not any(isinstance(node, (Object, Chart)) for node in facts.nodes):
        return Facts()
    from keten.derive import objects

    return objects.derive(facts)
