"""Role allows deleting namespaces.

Deleting a namespace deletes all that is in it: workloads, secrets, claims and, with the usual
storage classes, the data behind them. One stolen token is then one outage, or ransom.

Only who makes namespaces needs to remove them. A rule that names them is not reported; nor is a
Role, which reaches its own namespace only.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once what of the role allows it."""
    found = dangerous(role, "namespace-delete")
    yield from said(role, found, "delete namespaces", Severity.LOW)


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows deleting namespaces",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=_applies,
    fix="Name the namespaces (resourceNames), or remove the right.",
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
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [namespaces]
  verbs: [create, delete]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [namespaces]
  verbs: [create]
"""),
    run=run,
)
