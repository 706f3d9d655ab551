"""Binding names the group system:masters.

Members of system:masters pass every authorisation check: taking their binding away takes
nothing from them, and a certificate with that group can not be revoked. A binding to it adds
nothing to what the group has, and teaches people to hand the group out.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report a subject system:masters, but for Kubernetes' own binding."""
    if binding.name == "cluster-admin" and binding.kind == "ClusterRoleBinding":
        return
    for i, subject in enumerate(binding.subjects):
        if subject.kind == "Group" and subject.name == "system:masters":
            at = f"subjects[{i}].name"
            yield Violation(
                f"{binding.title} builds on the group system:masters",
                at,
                change=Change(at, subject.name, "a group of your own", f"Narrow {binding.title}"),
            )


CHECK = Check(
    title="Binding names the group system:masters",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Binding,
    fix="Use a group of your own, with a role that can be taken back.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.7",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admins}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:masters"}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admins}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: platform-team}
"""),
    run=run,
)
