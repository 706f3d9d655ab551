"""Role allows taking over an API group.

An APIService tells the API server to hand the requests of an API group to a server in the
cluster. Whoever may write one, also one of Kubernetes' own groups, has every request for that
group, with what is sent in it, come to a server of its choice, and makes up the answers:
to kubectl, to controllers, to admission.

Only what installs aggregated APIs (a metrics adapter, a virtual cluster) needs it, and that
while it installs. A rule that names its APIService is not reported.
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
    found = dangerous(role, "aggregated-api")
    yield from said(role, found, "take over API groups", Severity.MEDIUM)


CHECK = Check(
    title="Role allows taking over an API group",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Name the APIService (resourceNames), or leave registering to who installs.",
    threats=(
        Threat.ACTOR,
        Threat.SUPPLY_CHAIN,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/third-parties",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [apiregistration.k8s.io]
  resources: [apiservices]
  verbs: [create, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [apiregistration.k8s.io]
  resources: [apiservices]
  resourceNames: [v1beta1.metrics.k8s.io]
  verbs: [get, update]
"""),
    run=run,
)
