"""Role allows having lasting tokens made.

A Secret of the type kubernetes.io/service-account-token is filled by Kubernetes with a token of
the account that its annotation names, and that token does not expire. Whoever may create secrets
in a namespace and read them has the rights of every account there; in kube-system those are the
rights of the cluster's controllers.

Low for a ClusterRole, for information for a Role; medium in kube-system, where a Secret is also
how a node joins.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, narrowed, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_SYSTEM = "kube-system"


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report a role that creates secrets and reads what becomes of them."""
    found = dangerous(role, "token-secret")
    if found is None:
        return
    at = f"rules[{found.index}].resources"
    system = role.namespace == _SYSTEM
    yield Violation(
        f"{role.title} may have a lasting token made for any account {where(role)} (secrets)",
        at,
        severity=Severity.MEDIUM if system else narrowed(Severity.LOW, role),
        change=Change(at, "secrets", "", f"Narrow {role.title}"),
    )


CHECK = Check(
    title="Role allows having lasting tokens made",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Give create without get, list and watch, or get with resourceNames.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/service-account-tokens",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, get]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
"""),
    run=run,
)
