"""Binding grants rights to a default service account.

Every pod that names no account runs as the namespace's default one and carries its token. A
right given to it is given to all of them, also to those that come later and to the one that is
broken into.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report each service account called default."""
    if binding.role_kind == "ClusterRole" and binding.role_name == "cluster-admin":
        return  # access/cluster-admin-binding says it
    for i, subject in enumerate(binding.subjects):
        if subject.kind == "ServiceAccount" and subject.name == "default":
            at = f"subjects[{i}].name"
            space = subject.namespace or binding.namespace or "its namespace"
            who = f"the default account of {space}"
            yield Violation(
                f"{binding.title} gives {who} the role {binding.role_name}",
                at,
                change=Change(at, "default", "an account of its own", f"Narrow {binding.title}"),
            )


CHECK = Check(
    title="Binding grants rights to a default service account",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    subject=Binding,
    fix="Give the workload a service account of its own and bind that.",
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/5.1.5",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: default, namespace: shop}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: cart, namespace: shop}
"""),
    run=run,
)
