"""Role allows changing network policies.

Network policies add up: one more that allows is enough to open what others keep shut, and
without any, everything is open. Whoever may write them in a namespace reaches every pod there,
and lets what it runs reach out.

Low for a ClusterRole, for information for a Role, as who deploys often brings the policies.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each of the two once."""
    found = dangerous(role, "network-open")
    yield from said(role, found, "change network policies", Severity.LOW, key="network-open")
    found = dangerous(role, "network-open-cilium")
    yield from said(
        role, found, "change network policies of Cilium", Severity.LOW, key="network-open-cilium"
    )


CHECK = Check(
    title="Role allows changing network policies",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Leave the policies to who answers for the namespace, apart from who deploys into it.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/network-policies",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [create, delete]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list]
"""),
    run=run,
)
