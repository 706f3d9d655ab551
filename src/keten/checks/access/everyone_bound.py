"""Binding grants rights to every identity.

system:authenticated is every user and every pod that has a token, system:serviceaccounts every
pod of the cluster, and on some managed clusters system:authenticated was anyone with an account
of the cloud provider (the "Sys:All" flaw reported for GKE in 2024). A right given to it is a
right of whoever breaks in anywhere.

High in a ClusterRoleBinding, medium in a RoleBinding; medium and low for all accounts of one
namespace. Kubernetes' own bindings for discovery are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding

_ALL = ("system:authenticated", "system:serviceaccounts")
_ONE = "system:serviceaccounts:"


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report each group that holds all identities, or all of a namespace."""
    if binding.role_name.startswith("system:"):
        return
    whole = binding.kind == "ClusterRoleBinding"
    for i, subject in enumerate(binding.subjects):
        every = subject.name in _ALL
        if subject.kind != "Group" or not (every or subject.name.startswith(_ONE)):
            continue
        if subject.name == f"{_ONE}{binding.namespace}" and not whole:
            continue
        at = f"subjects[{i}].name"
        worst = Severity.HIGH if every else Severity.MEDIUM
        yield Violation(
            f"{binding.title} gives all of {subject.name} the role {binding.role_name}",
            at,
            severity=worst if whole else Severity(worst - 1),
            change=Change(at, subject.name, "", f"Narrow {binding.title}"),
        )


CHECK = Check(
    title="Binding grants rights to every identity",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Binding,
    fix="Bind the groups or service accounts that need the role instead of every identity.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/rbac", "nis2/i", "pci-dss/7.2", "hipaa/164.308(a)(4)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: viewers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: shop-developers}
"""),
    run=run,
)
