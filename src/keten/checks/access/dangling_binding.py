"""Binding refers to a role that is not there.

It grants nothing today. Whoever may create a role of that name later decides what it grants, to
subjects that nobody looks at any more; and what was to work does not.

Of files, only bindings to a Role are judged, as a ClusterRole may come from anywhere; where no
role of its namespace lies beside it, nothing is known. Of a live cluster both are.
"""

from collections.abc import Iterator

from keten.checks._effective import unused_of
from keten.checks._examples import manifest
from keten.cluster.rbac.unused import Why
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding


def run(binding: Binding, view: View) -> Iterator[Violation]:
    """Report a binding to a Role that none of its companions is."""
    if view.out(binding, "grants", Trust.CLAIMED) or not _known(binding, view):
        return
    yield Violation(
        f"{binding.title} refers to {binding.role_kind} {binding.role_name}, which is not there",
        "roleRef.name",
        change=Change("roleRef.name", binding.role_name, "", f"Mend or remove {binding.title}"),
    )


def _known(binding: Binding, view: View) -> bool:
    """Return whether every role that it could mean is known."""
    if binding.role_kind == "Role":
        return True
    return bool(binding.uid) and any(one.why is Why.DANGLING for one in unused_of(view, binding))


CHECK = Check(
    title="Binding refers to a role that is not there",
    severity=Severity.LOW,
    subject=Binding,
    needs=("manifest", "objects"),
    fix="Remove the binding, or make it anew with the right name (roleRef can not be changed).",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/rbac", "nsa-cisa/upgrades", "nis2/i", "pci-dss/7.2"),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: raeder}
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
