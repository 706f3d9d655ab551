"""Role is bound to nobody.

A role that nothing binds gives nothing, until somebody binds it who does not read it: rights
that were once thought of for something else. What is not used goes.

A Role is judged where its namespace's objects are all known; a ClusterRole in a live cluster
only. Roles that are made for people to be bound later (viewer, editor, admin) are not reported.
"""

from collections.abc import Iterator

from keten.checks._effective import unused_of
from keten.checks._examples import manifest
from keten.checks._rules import judged
from keten.cluster.rbac.unused import Why
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_FOR_PEOPLE = (
    "view",
    "viewer",
    "edit",
    "editor",
    "admin",
    "viewer-role",
    "editor-role",
    "admin-role",
)


def run(role: Role, view: View) -> Iterator[Violation]:
    """Report a role that no binding refers to."""
    if any(one.why is Why.UNBOUND for one in unused_of(view, role)):
        yield Violation(
            f"{role.title} is bound to nobody",
            "metadata.name",
            change=Change("metadata.name", role.name, "", f"Remove {role.title}"),
        )


def _applies(role: Role) -> bool:
    if role.kind == "ClusterRole" and not role.uid:
        return False
    return judged(role) and not role.name.endswith(_FOR_PEOPLE)


CHECK = Check(
    title="Role is bound to nobody",
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    subject=Role,
    applies=_applies,
    fix="Remove the role, or bind it.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/rbac", "nsa-cisa/upgrades", "nis2/i", "pci-dss/7.2"),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: writer, namespace: shop}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: cart, namespace: shop}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: cart, namespace: shop}
"""),
    run=run,
)
