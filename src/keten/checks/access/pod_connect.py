"""Role allows connecting to pods through the API server.

Port forwarding reaches what a pod listens on, on localhost too, and the proxy subresources
send it requests: both from where network policies do not look. A debug port or a database that
was meant for its neighbours only answers whoever has this right.

Low for a ClusterRole, for information for a Role.
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
    found = dangerous(role, "pod-forward")
    yield from said(role, found, "forward ports of pods", Severity.LOW, key="pod-forward")
    found = dangerous(role, "pod-proxy")
    yield from said(role, found, "send requests to pods", Severity.LOW, key="pod-proxy")


CHECK = Check(
    title="Role allows connecting to pods through the API server",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right, or grant it for the time of an incident.",
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
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [pods/portforward]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
"""),
    run=run,
)
