"""Binding grants nothing, or to nobody.

A binding without subjects, to a role without rules, or beside another that says the same, does
nothing, and hides what the others do. One that names an account which is no longer there does
worse: whoever makes an account of that name has its rights.

That an account is gone is said of live clusters only.
"""

from collections.abc import Iterator

from keten.checks._effective import unused_of
from keten.checks._examples import manifest
from keten.cluster.rbac.unused import Why
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding

_SAID = {
    Why.NOBODY: "names nobody",
    Why.EMPTY: "grants nothing: {} has no rules",
    Why.GONE: "names accounts that are not there: {}",
    Why.REPEATED: "grants what {} grants to the same subjects",
}


def run(binding: Binding, view: View) -> Iterator[Violation]:
    """Report each way in which a binding is of no use."""
    for one in unused_of(view, binding):
        said = _SAID.get(one.why)
        if said is not None:
            at = "subjects" if one.why in (Why.NOBODY, Why.GONE) else "roleRef.name"
            yield Violation(
                f"{binding.title} {said.format(one.about)}",
                at,
                key=one.why.name.lower(),
                severity=Severity.LOW if one.why is Why.GONE else Severity.INFO,
                change=Change(at, binding.name, "", f"Mend or remove {binding.title}"),
            )


CHECK = Check(
    title="Binding grants nothing, or to nobody",
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    subject=Binding,
    fix="Remove the binding.",
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
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: []
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
