"""Role allows changing admission webhooks.

An admission webhook sees every object it asks for, secrets included, and a mutating one
rewrites them: who may configure webhooks reads and changes whatever is applied to the cluster,
or switches the policy engine off.

A rule that names its configurations is not reported. Policy engines and certificate injectors
need it for their own: have them name those.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, judged, rights
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_KINDS = (
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "mutatingadmissionpolicies",
)


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once per rule the webhook configurations that may be changed at will."""
    write = frozenset({"create", "update", "patch"})
    seen: set[int] = set()
    for i, rule, resource, _found in rights(role, "admissionregistration.k8s.io", _KINDS, write):
        if not rule.resource_names and i not in seen:
            seen.add(i)
            at = f"rules[{i}].resources"
            yield Violation(
                f"{role.title} may change {resource} of its choice",
                at,
                change=Change(at, resource, "resourceNames: [...]", f"Narrow {role.title}"),
            )


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows changing admission webhooks",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=_applies,
    fix="Name the configurations (resourceNames), or remove the right.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/third-parties",
        "cis-kubernetes/5.1.12",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: injector}
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations]
  verbs: [get, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: injector}
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations]
  resourceNames: [injector]
  verbs: [get, update]
"""),
    run=run,
)
