"""What live objects say is told once: facts and findings of the others go.

Objects that an owner may speak for (keten.cluster.owners) are not judged where they are read;
they are judged here, when it is known which of them are told at all.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import structs

from keten.cluster.owners import Settled, owned, settle
from keten.config import Policy
from keten.model.facts import Edge, Facts, Trust
from keten.model.finding import Finding, Verdict
from keten.model.kube import Cluster, Object, Workload
from keten.pipeline.flow import judge_here
from keten.pipeline.judge import Judged

OWNED = "owned-by"
"""The relation of a live pod or ReplicaSet that differs from its top-most owner, to that."""
BY = "clusters/settling"


def settled(facts: Facts, judged: Judged, policy: Policy, now: date) -> tuple[Facts, Judged]:
    """Return *facts* and what was *judged*, each live object told once."""
    if not any(isinstance(node, Object) and node.uid for node in facts.nodes):
        return facts, judged
    found = settle(
        (node for node in facts.nodes if isinstance(node, Object)),
        [node for node in facts.nodes if isinstance(node, Cluster)],
    )
    _forget(judged, _only(facts, found.repeated - _waiting(facts)), policy, now)
    facts = _without(facts, found)
    waiting = {node.ref for node in facts.nodes if owned(node)}
    if waiting:
        mine = judge_here(_only(facts, waiting), policy, now)
        _alike(mine, judged.findings, found.apart, facts)
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
        edges=tuple(
            sorted(
                [e for e in facts.edges if e.src not in gone and e.dst not in gone]
                + [Edge(pod, OWNED, top, Trust.OBSERVED, by=BY) for pod, top in found.apart.items()]
            )
        ),
        looked=tuple(item for item in facts.looked if item.ref not in gone),
        problems=tuple(item for item in facts.problems if item.about not in gone),
        places=tuple(place for place in facts.places if place.node not in gone),
    )


def alike(mine: Judged, others: Iterable[Finding], facts: Facts) -> None:
    """Leave out of *mine*, judged on the whole graph, what a pod has in common with its owner."""
    apart = {edge.src: edge.dst for edge in facts.edges if edge.relation == OWNED}
    if apart:
        _alike(mine, (*others, *mine.findings), apart, facts)


def _alike(mine: Judged, others: Iterable[Finding], apart: Mapping[str, str], facts: Facts) -> None:
    """Leave out what a pod that differs from its owner has in common with it."""
    tops = set(apart.values())
    nodes = {
        ref: node
        for node in facts.nodes
        if isinstance(node, Workload) and ((ref := node.ref) in tops or ref in apart)
    }
    said: dict[str, set[tuple[str, str, str]]] = {}
    for finding in others:
        if finding.subject in tops and finding.verdict is Verdict.FAIL:
            said.setdefault(finding.subject, set()).add(_what(finding, nodes[finding.subject]))
    kept = []
    for finding in mine.findings:
        told = said.get(apart.get(finding.subject, ""), ())
        if told and _what(finding, nodes[finding.subject]) in told:
            mine.tallies[finding.check][_FAILED] -= 1
        else:
            kept.append(finding)
    mine.findings = kept


_FAILED = 1  # where Judged.tallies count FAIL


def _what(finding: Finding, node: Workload) -> tuple[str, str, str]:
    """Return what a finding says, whichever of the two it is said of."""
    field = finding.field.removeprefix(node.pod_path.removesuffix("spec"))
    return finding.check, field, finding.message.replace(node.title, "")
