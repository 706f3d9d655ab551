"""Role allows making tokens for service accounts.

Creating serviceaccounts/token gives a token for any account it reaches: with a ClusterRole for
every account of the cluster, the controllers of kube-system included, which is cluster-admin.
Such a token lives on when the right is taken back.

A rule that names its accounts is not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, rights, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule that makes tokens for accounts it does not name."""
    for i, rule, _resource, _found in rights(
        role, "", ("serviceaccounts/token",), frozenset({"create"})
    ):
        if not rule.resource_names:
            yield Violation(
                f"{role.title} may make a token for every service account {where(role)}",
                f"rules[{i}].resources",
                severity=narrowed(Severity.HIGH, role),
                change=Change(
                    f"rules[{i}]",
                    "serviceaccounts/token",
                    "resourceNames: [...]",
                    f"Narrow {role.title}",
                ),
            )


CHECK = Check(
    title="Role allows making tokens for service accounts",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=judged,
    fix=(
        "Name the accounts in resourceNames, or remove the right and let pods get tokens by "
        "projection."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.13",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tokens}
rules:
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tokens, namespace: shop}
rules:
- apiGroups: [""]
  resources: [serviceaccounts/token]
  resourceNames: [cart]
  verbs: [create]
"""),
    run=run,
)
