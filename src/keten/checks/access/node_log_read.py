"""Role allows reading logs or memory of nodes.

nodes/log serves what lies in /var/log of every node, the logs of all pods and of the system among
it; with a pod that may put a link there, it serves any file of the node. nodes/checkpoint writes
the memory of a container to the node's disk, with every secret in it.

Low, as log shippers that read through the API need the first.
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
    found = dangerous(role, "node-log")
    yield from said(role, found, "read the logs of nodes", Severity.LOW, key="node-log")
    found = dangerous(role, "node-checkpoint")
    yield from said(
        role, found, "have memory of containers written out", Severity.LOW, key="node-checkpoint"
    )


CHECK = Check(
    title="Role allows reading logs or memory of nodes",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right; ship logs from an agent on the node.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/secrets",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [nodes/log]
  verbs: [get]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [nodes/metrics]
  verbs: [get]
"""),
    run=run,
)
