"""Binding gives a role of Kubernetes' own to a stranger.

The roles whose names begin with system: are for the parts of Kubernetes itself. Some hold the
cluster: the one of the aggregation controller may widen any role, that of the controller manager
makes tokens for every account. Bound to anyone else they look like part of the system, and are a
known way to stay.

Only roles with such rights are reported. Naming the kubelet's API role for a user, as an API
server's own certificate is one, is not.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.aggregation import own
from keten.cluster.rbac.risks import Risk, is_default, of_rules
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Binding, Role, Subject

_KUBELET = "system:kubelet-api-admin"
_PARTS = ("system:kube-", "system:node", "system:masters", "kubeadm:", "system:serviceaccount:kube")
_SYSTEM = "kube-system"


def run(binding: Binding, _: View) -> Iterator[Violation]:
    """Report a binding that hands a strong role of the system on."""
    found = _strong(binding)
    strangers = [s for s in binding.subjects if _stranger(s, binding)]
    if not found or not strangers or is_default(binding):
        return
    who = f"{strangers[0].kind} {strangers[0].name}"
    worst = max(found, key=lambda risk: (risk.severity, risk.danger.id))
    whole = binding.kind == "ClusterRoleBinding"
    yield Violation(
        f"{binding.title} gives {who} {binding.role_name}, which may {worst.danger.may}",
        "roleRef.name",
        severity=Severity.HIGH if whole else Severity.MEDIUM,
        change=Change("roleRef.name", binding.role_name, "", f"Remove {binding.title}"),
    )


def _strong(binding: Binding) -> list[Risk]:
    rules = kubernetes.allowed(_key(binding)) or ()
    local = binding.role_kind == "Role" or binding.kind == "RoleBinding"
    kind, space = ("Role", binding.namespace or "-") if local else ("ClusterRole", "")
    role = Role(_key(binding), kind=kind, name=binding.role_name, namespace=space, rules=rules)
    return [r for r in of_rules(role, own(role)) if r.severity >= Severity.HIGH and not r.named]


def _key(binding: Binding) -> str:
    space = f"{binding.namespace}/" if binding.role_kind == "Role" else ""
    return f"{space}{binding.role_name}"


def _stranger(subject: Subject, binding: Binding) -> bool:
    if subject.kind == "ServiceAccount":
        return (subject.namespace or binding.namespace) != _SYSTEM or not binding.name.startswith(
            "system:"
        )
    if binding.role_name == _KUBELET and subject.kind == "User":
        return False
    return not subject.name.startswith(_PARTS) or subject.name == "system:nodes"


def _applies(binding: Binding) -> bool:
    return binding.role_name.startswith("system:")


CHECK = Check(
    title="Binding gives a role of Kubernetes' own to a stranger",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Binding,
    applies=_applies,
    fix="Remove the binding; bind a role that lists the rights in use.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/rbac", "nis2/i", "pci-dss/7.2", "hipaa/164.308(a)(4)"),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:controller:clusterrole-aggregation-controller
subjects:
- {kind: ServiceAccount, name: agent, namespace: shop}
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
subjects:
- {kind: ServiceAccount, name: agent, namespace: shop}
"""),
    run=run,
)
