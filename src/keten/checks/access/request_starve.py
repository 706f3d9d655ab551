"""Role allows starving others of the API.

Flow schemas and priority levels decide whose requests the API server takes first and how many. By
them, controllers and nodes are served while a client storms. Whoever may change them puts its
own first, or gives the control plane nothing: what runs goes on running, and nothing is mended
any more.
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
    found = dangerous(role, "flow-control")
    yield from said(role, found, "starve others of the API", Severity.LOW)


CHECK = Check(
    title="Role allows starving others of the API",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right; leave priorities to who runs the cluster.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/control-plane",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [flowcontrol.apiserver.k8s.io]
  resources: [flowschemas]
  verbs: [update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [flowcontrol.apiserver.k8s.io]
  resources: [flowschemas]
  verbs: [get]
"""),
    run=run,
)
