"""What live objects say is told once: facts and findings of the others go.

Objects that an owner may speak for (keten.cluster.owners) are not judged where they are read;
they are judged here, when it is known which of them are told at all.
"""

from collections.abc import Iterable
from datetime import date

from msgspec import structs

from keten.cluster.owners import Settled, owned, settle
from keten.config import Policy
from keten.model.facts import Facts
from keten.model.finding import Finding, Verdict
from keten.model.kube import Object, Workload
from keten.pipeline.flow import judge_here
from keten.pipeline.judge import Judged


def settled(facts: Facts, judged: Judged, policy: Policy, now: date) -> tuple[Facts, Judged]:
    """Return *facts* and what was *judged*, each live object told once."""
    if not any(isinstance(node, Object) and node.uid for node in facts.nodes):
        return facts, judged
    found = settle(node for node in facts.nodes if isinstance(node, Object))
    _forget(judged, _only(facts, found.repeated - _waiting(facts)), policy, now)
    facts = _without(facts, found)
    waiting = {node.ref for node in facts.nodes if owned(node)}
    if waiting:
        mine = judge_here(_only(facts, waiting), policy, now)
        _alike(mine, judged.findings, found, facts)
        judged.add(mine)
    return facts, judged


def _waiting(facts: Facts) -> set[str]:
    return {node.ref for node in facts.nodes if owned(node)}


def _only(facts: Facts, refs: Iterable[str]) -> Facts:
    """Return what *facts* say of the nodes *refs* alone."""
    wanted = set(refs)
    if not wanted:
        return Facts()
    return Facts(
        nodes=tuple(node for node in facts.nodes if node.ref in wanted),
        looked=tuple(item for item in facts.looked if item.ref in wanted or item.ref == "*"),
        places=tuple(place for place in facts.places if place.node in wanted),
    )


def _forget(judged: Judged, repeated: Facts, policy: Policy, now: date) -> None:
    """Take back what was judged of objects that are there again."""
    if not repeated.nodes:
        return
    refs = {node.ref for node in repeated.nodes}
    judged.findings = [item for item in judged.findings if item.subject not in refs]
    for lack in judged.lacks:
        lack.subjects = [item for item in lack.subjects if item[1] not in refs]
    for check, counts in judge_here(repeated, policy, now).tallies.items():
        mine = judged.tallies.get(check, [0, 0, 0, 0])
        judged.tallies[check] = [max(0, a - b) for a, b in zip(mine, counts, strict=True)]


def _without(facts: Facts, found: Settled) -> Facts:
    gone = found.gone
    return structs.replace(
        facts,
        nodes=tuple(
            found.changed.get(ref, node) for node in facts.nodes if (ref := node.ref) not in gone
        ),
        edges=tuple(e for e in facts.edges if e.src not in gone and e.dst not in gone),
        looked=tuple(item for item in facts.looked if item.ref not in gone),
        problems=tuple(item for item in facts.problems if item.about not in gone),
        places=tuple(place for place in facts.places if place.node not in gone),
    )


def _alike(mine: Judged, others: Iterable[Finding], found: Settled, facts: Facts) -> None:
    """Leave out what a pod that differs from its owner has in common with it."""
    paths = {n.ref: n.pod_path for n in facts.nodes if isinstance(n, Workload)}
    said: dict[str, set[tuple[str, str]]] = {}
    tops = set(found.apart.values())
    for finding in others:
        if finding.subject in tops and finding.verdict is Verdict.FAIL:
            said.setdefault(finding.subject, set()).add(_what(finding, paths))
    kept = []
    for finding in mine.findings:
        top = found.apart.get(finding.subject, "")
        if finding.verdict is Verdict.FAIL and _what(finding, paths) in said.get(top, ()):
            mine.tallies[finding.check][1] -= 1
        else:
            kept.append(finding)
    mine.findings = kept


def _what(finding: Finding, paths: dict[str, str]) -> tuple[str, str]:
    """Return the check and the field below the pod's specification."""
    return finding.check, finding.field.removeprefix(paths.get(finding.subject, ""))
