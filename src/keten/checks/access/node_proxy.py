"""Role allows talking to kubelets through the API server.

nodes/proxy passes requests on to the kubelet with the API server's own identity: commands in
every pod of the node, whatever Pod Security or admission say. Even get is enough, as the
kubelet's exec works over a WebSocket that opens with GET. Sent to the kubelet itself, such a
request never reaches the API server's audit log.

Monitoring agents ask for it to read metrics; nodes/metrics and nodes/stats do for that.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, judged, rights
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_ANY = frozenset({"create", "get", "update", "patch", "delete"})


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule on nodes/proxy."""
    for i, _rule, _resource, found in rights(role, "", ("nodes/proxy",), _ANY):
        yield Violation(
            f"{role.title} may reach every kubelet through nodes/proxy ({', '.join(found)})",
            f"rules[{i}].resources",
            change=Change(
                f"rules[{i}].resources", "nodes/proxy", "nodes/metrics", f"Narrow {role.title}"
            ),
        )


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows talking to kubelets through the API server",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=_applies,
    fix="Use nodes/metrics or nodes/stats, or remove the right.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.10",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics}
rules:
- apiGroups: [""]
  resources: [nodes/proxy]
  verbs: [get]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics}
rules:
- apiGroups: [""]
  resources: [nodes/metrics]
  verbs: [get]
"""),
    run=run,
)
