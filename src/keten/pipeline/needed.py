"""What a cluster can not do without weighs less (docs/adr/0015).

A network plugin is privileged in every cluster there is: that is true, is told, and is not what
its owner mends first. What is found there stays a finding, weighs less and says why.
"""

from keten.cluster import components
from keten.model.facts import Node
from keten.model.finding import Severity
from keten.model.kube import Role, Workload

_LAST: list[tuple[Workload, str]] = []


def by(check: str, node: Node, severity: Severity) -> str:
    """Return what part of a cluster needs what *check* says of *node*, "" for none."""
    if not severity:
        return ""
    if isinstance(node, Workload):
        if check in components.POWERS:
            return _part(node)
        if check in components.UNBOUNDED and _part(node) == components.CONTROL_PLANE:
            return components.CONTROL_PLANE
        return ""
    if isinstance(node, Role) and severity <= Severity.HIGH:
        return components.role(node, check)
    return ""


def eased(severity: Severity, node: Node) -> Severity:
    """Return what *severity* weighs there: LOW, MEDIUM for CRITICAL, INFO for LOW.

    Rights that are HIGH become MEDIUM: they lead out of the namespace, whoever needs them.
    """
    if severity is Severity.CRITICAL or (severity is Severity.HIGH and isinstance(node, Role)):
        return Severity.MEDIUM
    return Severity.LOW if severity >= Severity.MEDIUM else Severity.INFO


def _part(workload: Workload) -> str:
    """Remember the last answer: every check asks of one workload after the other."""
    if not _LAST or _LAST[0][0] is not workload:
        _LAST[:] = [(workload, components.workload(workload))]
    return _LAST[0][1]
