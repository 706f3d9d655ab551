"""Binding grants rights to everyone, unauthenticated.

system:anonymous and system:unauthenticated are all who reach the API server without saying who
they are: where it is on the Internet, the Internet. Attackers scan for it. The RBAC Buster
campaign of 2023 got in through a server that gave rights to anonymous requests, and left a
service account bound to cluster-admin as its back door.

Critical with a role that changes things or reads secrets (cluster-admin, admin, edit); high
otherwise. Kubernetes' own bindings for version and discovery are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding

_ANYONE = {("User", "system:anonymous"), ("Group", "system:unauthenticated")}
_OWN = ("system:public-info-viewer", "system:discovery", "kubeadm:bootstrap-signer-clusterinfo")
_STRONG = ("cluster-admin", "admin", "edit")


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report each subject that is anybody."""
    if binding.role_name in _OWN or binding.name in _OWN:
        return
    for i, subject in enumerate(binding.subjects):
        if (subject.kind, subject.name) in _ANYONE:
            at = f"subjects[{i}].name"
            strong = binding.role_name in _STRONG
            yield Violation(
                f"{binding.title} gives {subject.name} the role {binding.role_name}",
                at,
                severity=Severity.CRITICAL if strong else Severity.HIGH,
                change=Change(at, subject.name, "", f"Narrow {binding.title}"),
            )


CHECK = Check(
    title="Binding grants rights to everyone, unauthenticated",
    needs=("manifest",),
    severity=Severity.CRITICAL,
    subject=Binding,
    fix="Remove the subject; bind the identities that need the role.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "nsa-cisa/rbac",
        "nis2/i",
        "nis2/j",
        "pci-dss/7.2",
        "pci-dss/8.3",
        "hipaa/164.308(a)(4)",
        "hipaa/164.312(d)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: open}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:unauthenticated"}
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
