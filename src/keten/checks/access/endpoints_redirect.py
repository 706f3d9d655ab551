"""Role allows redirecting the traffic of services.

An endpoint says to which address the traffic of a service goes. Whoever may write endpoints
sends it to a pod of its own, or has an ingress that may reach further carry its requests past
network policies to pods of other namespaces (CVE-2021-25740). Kubernetes has left the right out
of the roles edit and admin since 1.22 for that.

Low for a ClusterRole, for information for a Role. Controllers that publish services need it.
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
    found = dangerous(role, "endpoint-write")
    yield from said(
        role, found, "redirect the traffic of services", Severity.LOW, key="endpoint-write"
    )
    found = dangerous(role, "endpointslice-write")
    yield from said(
        role,
        found,
        "redirect the traffic of services by slices",
        Severity.LOW,
        key="endpointslice-write",
    )


CHECK = Check(
    title="Role allows redirecting the traffic of services",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right; the endpoints of a selector are made by Kubernetes.",
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
    refs=("https://github.com/kubernetes/kubernetes/issues/103675",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [create, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
"""),
    run=run,
)
