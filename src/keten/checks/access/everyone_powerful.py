"""Binding lets everyone take more than they have.

A right that leads on, to secrets, to other identities, to nodes, given to every account or to
whoever asks, is given to whoever breaks in anywhere. Judged is what the role allows in effect,
with what is gathered into it and with what the same group holds by other bindings. Which
bindings name everyone at all is said by access/everyone-bound and access/anonymous-bound.
"""

from collections.abc import Iterator

from keten.checks._effective import cluster_of, risks_of
from keten.checks._examples import manifest
from keten.cluster.rbac.requests import ACCOUNTS
from keten.cluster.rbac.rights import key_of
from keten.cluster.rbac.risks import EVERYBODY, identity_of
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding


def run(binding: Binding, view: View) -> Iterator[Violation]:
    """Report the worst that each group of everyone gets by the binding."""
    if not cluster_of(view, binding).rights.bound(binding):
        return
    for i, subject in enumerate(binding.subjects):
        key = key_of(subject, binding)
        if key is None or key[1] not in EVERYBODY:
            continue
        found = [
            risk
            for risk in risks_of(view, binding).of(identity_of(key))
            if not risk.named and any(ground.binding == binding for ground in risk.grounds)
        ]
        found = [risk for risk in found if risk.severity > Severity.MEDIUM]
        if found:
            worst = found[0]
            where = f"in {worst.namespace}" if worst.namespace else "everywhere"
            at = f"subjects[{i}].name"
            yield Violation(
                f"{binding.title} lets all of {key[1]} {worst.danger.may} {where}",
                at,
                severity=worst.severity,
                change=Change(at, key[1], "", f"Narrow {binding.title}"),
            )


def _applies(binding: Binding) -> bool:
    return any(s.name in EVERYBODY or s.name == ACCOUNTS for s in binding.subjects)


CHECK = Check(
    title="Binding lets everyone take more than they have",
    needs=("manifest", "objects"),
    severity=Severity.CRITICAL,
    subject=Binding,
    applies=_applies,
    fix="Bind those who need the role instead of everyone.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/authentication",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: [shop.example.io]
  resources: [orders]
  verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}
"""),
    run=run,
)
