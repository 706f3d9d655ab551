"""Role allows taking addresses with the status of services.

The status of a service of type LoadBalancer says at which addresses it is reached, and every
node sends what goes there to the service. Whoever may write it takes the traffic that the whole
cluster sends to an address of its choice (CVE-2020-8554). Only the cloud's controller writes it.

Low, as load balancers need it.
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
    found = dangerous(role, "service-status")
    yield from said(role, found, "take addresses with services", Severity.LOW)


CHECK = Check(
    title="Role allows taking addresses with the status of services",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove services/status; refuse external addresses by an admission policy.",
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
    refs=("https://github.com/kubernetes/kubernetes/issues/97076",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [services/status]
  verbs: [patch]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [services]
  verbs: [get, list]
"""),
    run=run,
)
