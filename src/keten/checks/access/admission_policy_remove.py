"""Role allows switching admission policies off.

Admission policies and webhooks keep out what no one may run: privileged pods, unsigned
images. Whoever may delete or change any of them removes the guard first, and then does what it
was there to stop; an audit log shows it, if somebody looks.

Changing webhooks is reported by access/webhook-configure; this is of admission policies
(ValidatingAdmissionPolicy and MutatingAdmissionPolicy), their bindings, and deleting webhooks.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import cluster_wide, judged, rights
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_GROUP = "admissionregistration.k8s.io"
_POLICIES = (
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
)
_WEBHOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
_GONE = frozenset({"delete", "deletecollection"})


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once what may be removed of the guards, or changed."""
    change = _GONE | {"update", "patch"}
    found = [
        *rights(role, _GROUP, _POLICIES, change),
        *rights(role, _GROUP, _WEBHOOKS, _GONE),
    ]
    free = [(i, resource) for i, rule, resource, _verbs in found if not rule.resource_names]
    if free:
        at = f"rules[{min(free)[0]}].resources"
        names = ", ".join(dict.fromkeys(resource for _, resource in free))
        yield Violation(
            f"{role.title} may switch admission policies off ({names})",
            at,
            change=Change(at, names, "resourceNames: [...]", f"Narrow {role.title}"),
        )


def _applies(role: Role) -> bool:
    return judged(role) and cluster_wide(role)


CHECK = Check(
    title="Role allows switching admission policies off",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=_applies,
    fix="Name the policies (resourceNames), or leave them to those who answer for the cluster.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/third-parties",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  verbs: [delete]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies]
  verbs: [get, list, watch]
"""),
    run=run,
)
