"""Role allows creating persistent volumes.

A persistent volume can be a directory of the host. Whoever may create one, and a pod that
claims it, reads and writes the nodes' disks past the Pod Security Standards, which look at the
claim only. Provisioners of storage need the right; people and applications claim.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, judged, rights
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule that creates persistent volumes."""
    for i, _rule, _resource, _found in rights(
        role, "", ("persistentvolumes",), frozenset({"create"})
    ):
        at = f"rules[{i}].resources"
        yield Violation(
            f"{role.title} may create persistent volumes, those on the host too",
            at,
            change=Change(at, "persistentvolumes", "", f"Narrow {role.title}"),
        )


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows creating persistent volumes",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=_applies,
    fix="Remove the right; let applications claim volumes of a storage class.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.9",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: storage}
rules:
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [get, create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: storage}
rules:
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, create]
"""),
    run=run,
)
