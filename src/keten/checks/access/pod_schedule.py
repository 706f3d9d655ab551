"""Role allows placing pods on nodes.

A binding puts a pod on a node, and nobody looks at taints or affinity any more: those are the
scheduler's. Whoever may write pods/binding runs its pods beside the control plane's, or draws
those of others, as long as they wait, to a node that it holds. Schedulers need it.
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
    found = dangerous(role, "schedule")
    yield from said(role, found, "place pods on nodes", Severity.LOW)


CHECK = Check(
    title="Role allows placing pods on nodes",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right; let pods say where they run.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [pods/binding]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [pods/status]
  verbs: [get]
"""),
    run=run,
)
