"""Role allows approving client certificates.

Whoever may approve certificate requests, and use the signer for API clients, makes a
certificate for any user and any group but system:masters: also for a node or a controller.
Kubernetes can not revoke a client certificate; it is good until it expires.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, judged, rights
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_GROUP = "certificates.k8s.io"


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report a role that both updates approvals and approves for a client signer."""
    update = frozenset({"update", "patch"})
    asked = list(rights(role, _GROUP, ("certificatesigningrequests/approval",), update))
    signers = [
        rule
        for _i, rule, _r, _v in rights(role, _GROUP, ("signers",), frozenset({"approve"}))
        if not rule.resource_names or any(_client(name) for name in rule.resource_names)
    ]
    if asked and signers:
        at = f"rules[{asked[0][0]}].resources"
        yield Violation(
            f"{role.title} may approve certificates for clients of the API server",
            at,
            change=Change(at, "certificatesigningrequests/approval", "", f"Narrow {role.title}"),
        )


def _client(name: str) -> bool:
    return name in ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows approving client certificates",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=_applies,
    fix="Name another signer in resourceNames, or remove the right to approve.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.11",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules:
- apiGroups: [certificates.k8s.io]
  resources: [certificatesigningrequests/approval]
  verbs: [update]
- apiGroups: [certificates.k8s.io]
  resources: [signers]
  resourceNames: [kubernetes.io/kube-apiserver-client]
  verbs: [approve]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules:
- apiGroups: [certificates.k8s.io]
  resources: [certificatesigningrequests/approval]
  verbs: [update]
- apiGroups: [certificates.k8s.io]
  resources: [signers]
  resourceNames: [issuer.example/serving]
  verbs: [approve]
"""),
    run=run,
)
