"""Role allows ending namespaces before they are cleaned up.

A namespace that is deleted waits until its finalizers are done: cloud disks removed, addresses
given back, records deleted. Whoever may write namespaces/finalize ends it at once, and what they
were there for stays behind, unowned and paid for; whoever adds one blocks deletion for good.

Operators that set owner references need update on the finalizers of their own kinds; that is
not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once what of the role allows it."""
    found = dangerous(role, "finalize")
    yield from said(role, found, "end namespaces before they are cleaned up", Severity.LOW)


CHECK = Check(
    title="Role allows ending namespaces before they are cleaned up",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove namespaces/finalize; delete what blocks the namespace instead.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/namespaces",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [namespaces/finalize]
  verbs: [update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [apps]
  resources: [deployments/finalizers]
  verbs: [update]
"""),
    run=run,
)
