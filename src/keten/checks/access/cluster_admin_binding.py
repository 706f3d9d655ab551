"""Binding grants cluster-admin.

cluster-admin may do everything, everywhere, and so may whoever steals the token or kubeconfig
of one it is bound to. A tool that asks for it for convenience brings its own flaws to the whole
cluster: the dashboards that were given it, and stood open on the Internet, were a common way
in. In 2018 strangers mined on a cluster of Tesla's whose console asked for no password.

High in a ClusterRoleBinding. In a RoleBinding it is all of one namespace, and medium. The
bindings that Kubernetes makes itself for system:masters, and kubeadm for whoever sets the cluster
up, are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding

_OWN = (
    ("cluster-admin", ["Group system:masters"]),
    ("kubeadm:cluster-admins", ["Group kubeadm:cluster-admins"]),
)


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report a binding to the role cluster-admin."""
    if (binding.role_kind, binding.role_name) != ("ClusterRole", "cluster-admin"):
        return
    names = [f"{s.kind} {s.name}" for s in binding.subjects]
    if not names or (binding.name, names) in _OWN:
        return
    whole = binding.kind == "ClusterRoleBinding"
    who = ", ".join([*names[:2], *["..."][: len(names[2:])]])
    reach = "in the cluster" if whole else "in its namespace"
    yield Violation(
        f"{binding.title} gives {who} every right {reach}",
        "roleRef.name",
        severity=Severity.HIGH if whole else Severity.MEDIUM,
        change=Change(
            "roleRef.name", "cluster-admin", "the rights that are used", f"Narrow {binding.title}"
        ),
    )


CHECK = Check(
    title="Binding grants cluster-admin",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Binding,
    fix="Bind a role that lists the rights in use.",
    threats=(Threat.ACTOR, Threat.INSIDER, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.1",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: deployer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
- {kind: ServiceAccount, name: deployer, namespace: ci}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
- {kind: ServiceAccount, name: deployer, namespace: ci}
"""),
    run=run,
)
