"""Bindings together give a service account more than each role shows.

Some rights are harmless apart and lead to the whole cluster together: to write role bindings,
and to bind any role; to approve certificates, and for the signer of clients. Each role passes a
review; the account that has both takes what it wants. Judged is what an account holds in effect,
by all bindings, its groups' too.
"""

from collections.abc import Iterator

from keten.checks._effective import risks_of
from keten.checks._examples import manifest
from keten.cluster.rbac.requests import account
from keten.cluster.rbac.risks import Risk, Risks
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import ServiceAccount


def run(item: ServiceAccount, view: View) -> Iterator[Violation]:
    """Report what takes two roles, and none of them gives alone."""
    risks = risks_of(view, item)
    for risk in risks.of(account(item.namespace, item.name)):
        if risk.named or risk.severity < Severity.HIGH or not _takes_two(risk, risks):
            continue
        names = sorted({ground.binding.title for ground in risk.grounds})
        where = f"in {risk.namespace}" if risk.namespace else "everywhere"
        yield Violation(
            f"{item.title} may {risk.danger.may} {where}, by {' and '.join(names[:2])} together",
            "metadata.name",
            key=risk.danger.id,
            severity=risk.severity,
            change=Change("", "", "", f"Give {item.title} one of {', '.join(names[:2])} only"),
        )


def _takes_two(risk: Risk, risks: Risks) -> bool:
    roles = {ground.role.id: ground.role for ground in risk.grounds}
    if len(roles) == 1:
        return False
    return not any(
        one.danger is risk.danger and not one.named
        for role in roles.values()
        for one in risks.role(role)
    )


CHECK = Check(
    title="Bindings together give a service account more than each role shows",
    needs=("manifest", "objects"),
    severity=Severity.HIGH,
    subject=ServiceAccount,
    fix="Take one of the two rights away, or give it to an account of its own.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/rbac", "cis-kubernetes/5.1.8", "nis2/i", "pci-dss/7.2"),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: binder}
rules:
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writer}
rules:
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: binder}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: binder}
subjects:
- {kind: ServiceAccount, name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writer}
subjects:
- {kind: ServiceAccount, name: agent, namespace: shop}
"""),
    good=manifest("""
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writer}
rules:
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writer}
subjects:
- {kind: ServiceAccount, name: agent, namespace: shop}
"""),
    run=run,
)
