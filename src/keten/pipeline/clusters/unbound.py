"""What a role allows weighs less where certainly nothing binds it (docs/adr/0014).

The checks ask of each role by itself, where it is read. Who holds it is known later and not
always: only of what a server told, and only where every binding was listed. There the finding
stays, weighs less and says why; everywhere else it stays as it is. So a right that the collector
lacks makes a finding heavier, never lighter, and no verdict depends on it.
"""

from collections.abc import Iterable

from msgspec import structs

from keten.cluster.estates import Cluster, estate
from keten.cluster.rbac.unused import Why, complete, unused
from keten.graph.store import Graph
from keten.model import kube
from keten.model.evidence import Link
from keten.model.finding import Finding, Severity, Verdict
from keten.model.kube import Binding, Role

SAID = "nothing binds it"
NEED = "objects"  # said of a role where all is known that tells who holds it
_PREFIX = "role "


def eased(findings: Iterable[Finding], graph: Graph) -> list[Finding]:
    """Return *findings*: those on the rights of a role that nothing binds are LOW at most.

    MEDIUM and above become LOW, and LOW becomes INFO.
    """
    found = list(findings)
    subjects = {f.subject for f in found if _counts(f)}
    if not subjects:
        return found
    idle = _unbound(subjects, graph)
    return [_lower(f) if f.subject in idle and _counts(f) else f for f in found]


def _counts(finding: Finding) -> bool:
    return (
        finding.link is Link.ACCESS
        and finding.verdict is Verdict.FAIL
        and finding.severity > Severity.INFO
        and finding.subject.startswith(_PREFIX)
    )


def _unbound(subjects: set[str], graph: Graph) -> set[str]:
    """Return which of *subjects* are roles that certainly nothing binds or gathers."""
    known = graph.looked(NEED)
    roles = [
        role
        for role in graph.every(Role)
        if role.uid and role.ref in subjects and (role.ref in known or "*" in known)
    ]
    if not roles:
        return set()
    clusters = {id(one): one for one in (estate(graph).of(role) for role in roles)}
    idle = {ref for cluster in clusters.values() for ref in _idle(cluster)}
    return {role.ref for role in roles if role.ref in idle}


def _idle(cluster: Cluster) -> Iterable[str]:
    if not complete(cluster.scope) or cluster.rights.cut or not _every_binding(cluster):
        return ()
    found = unused(cluster.objects, cluster.rights, whole=True)
    return [one.item.ref for one in found if one.why is Why.UNBOUND and one.certain]


_BINDINGS = tuple(
    f"{plural}.rbac.authorization.k8s.io" for plural in ("rolebindings", "clusterrolebindings")
)


def _every_binding(cluster: Cluster) -> bool:
    """Return whether the bindings of every namespace were listed.

    A dump does not tell which namespaces it is of: every cluster binds roles of its own in
    kube-system, so that one without them is of some namespaces only.
    """
    told = cluster.scope.cluster
    if told is not None:
        return not told.namespaces and all(_whole(told, name) for name in _BINDINGS)
    live = [item for item in cluster.objects if isinstance(item, Binding) and item.uid]
    kinds = {(item.kind, item.namespace) for item in live}
    return {("ClusterRoleBinding", ""), ("RoleBinding", "kube-system")} <= kinds


def _whole(told: kube.Cluster, name: str) -> bool:
    return name in told.listed and name not in told.within


def _lower(finding: Finding) -> Finding:
    lower = Severity.LOW if finding.severity >= Severity.MEDIUM else Severity.INFO
    return structs.replace(finding, severity=lower, message=f"{finding.message} ({SAID})")
