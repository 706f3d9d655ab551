"""Role allows handing rights on.

Whoever may write bindings gives what it has to others: never more, as the API server checks, but
as much. An intruder with such a right leaves a second way in that survives the first one's
closing; nobody misses a binding. With bind or escalate beside it, see
access/escalate-bind-impersonate.

For information, as operators that make accounts need it.
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
    found = dangerous(role, "grant-own")
    yield from said(role, found, "hand its own rights on", Severity.INFO)


CHECK = Check(
    title="Role allows handing rights on",
    needs=("manifest",),
    severity=Severity.INFO,
    subject=Role,
    applies=judged,
    fix="Have bindings made by who deploys, reviewed in git.",
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
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [get, list]
"""),
    run=run,
)
