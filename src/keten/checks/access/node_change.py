"""Role allows changing nodes.

Labels and taints decide which pods run on which node. Who may change them draws the pods of
others, with their secrets and tokens, to a node of its choice, or pushes them off their own; and
who may remove pods as well makes it happen at once. So one node that is broken into becomes
many: the primitive that research on node takeover calls stealing pods.

Autoscalers and network plugins need it; nobody else does. Medium where the role may also delete
pods, low otherwise.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report the worse of the two."""
    found = dangerous(role, "pods-steal")
    if found is not None:
        yield from said(role, found, "move pods to nodes of its choice", Severity.MEDIUM)
        return
    found = dangerous(role, "node-write")
    yield from said(role, found, "relabel nodes and change their taints", Severity.LOW)


CHECK = Check(
    title="Role allows changing nodes",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Remove the right; nodes are labelled when they are made.",
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
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, patch]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
"""),
    run=run,
)
