"""Role allows changing the labels of namespaces.

Pod Security reads from the labels of a namespace how strict it is, and network policies and
webhooks choose namespaces by them. Whoever may change a namespace takes the label off, runs a
privileged pod, and is on the node.

A Role gives the right for its own namespace, as the API server takes a namespace to lie in
itself. Low for a ClusterRole, for information for a Role.
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
    found = dangerous(role, "namespace-write")
    yield from said(role, found, "change the labels of namespaces", Severity.LOW)


CHECK = Check(
    title="Role allows changing the labels of namespaces",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right, or hold the label fixed with a ValidatingAdmissionPolicy.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/pod-security",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, patch]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list]
"""),
    run=run,
)
