"""Role allows taking more rights than it has.

RBAC stops everyone from granting more than they have, with three exceptions: escalate lets a
role be widened, bind lets any role be granted, impersonate lets one act as another, such as the
group system:masters. Each is cluster-admin in one step when it reaches far enough.
Impersonation that is constrained to some verbs (Kubernetes 1.36) is medium.

A rule that names what may be bound, escalated or impersonated is low.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, rights, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_RBAC = "rbac.authorization.k8s.io"
_ROLES = ("roles", "clusterroles")
_WHO = ("users", "groups", "serviceaccounts", "uids")
_CONSTRAINED = tuple(
    (f"impersonate:{mode}", "authentication.k8s.io", resources)
    for mode, resources in (
        ("user-info", ("users", "groups")),
        ("serviceaccount", ("serviceaccounts",)),
        ("arbitrary-node", ("nodes",)),
    )
)
"""Constrained impersonation (Kubernetes 1.36): as the verbs impersonate-on:... say, and no more."""


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule with one of the three verbs, once per verb."""
    for verb, group, resources in (
        ("escalate", _RBAC, _ROLES),
        ("bind", _RBAC, _ROLES),
        ("impersonate", "", _WHO),
        ("impersonate", "authentication.k8s.io", ("uids", "userextras")),
        *_CONSTRAINED,
    ):
        seen: set[int] = set()
        for i, rule, resource, _found in rights(role, group, resources, frozenset({verb})):
            if i in seen:
                continue
            seen.add(i)
            named = f" {', '.join(rule.resource_names[:2])}" if rule.resource_names else ""
            high = narrowed(Severity.MEDIUM if ":" in verb else Severity.HIGH, role)
            yield Violation(
                f"{role.title} may {verb} {resource}{named} {where(role)}",
                f"rules[{i}].verbs",
                key=f"{verb} {resource} {named}",
                severity=Severity.LOW if rule.resource_names else high,
                change=Change(f"rules[{i}].verbs", verb, "", f"Narrow {role.title}"),
            )


CHECK = Check(
    title="Role allows taking more rights than it has",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=judged,
    fix="Remove the verb, or name what it may be used on (resourceNames).",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.8",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: onboarding}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  verbs: [bind]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: onboarding}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [create]
"""),
    run=run,
)
