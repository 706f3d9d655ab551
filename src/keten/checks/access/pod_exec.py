"""Role allows running commands in pods.

pods/exec, pods/attach and ephemeral containers are a shell in any pod they reach: with its
service account's token, its secrets and its place in the network. It is how an intruder moves
from a stolen kubeconfig to the database.

Medium for a ClusterRole, low for a Role.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, rights, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_SHELLS = ("pods/exec", "pods/attach", "pods/ephemeralcontainers")
_WRITE = frozenset({"create", "get", "update", "patch"})


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule that opens a shell in pods it does not name."""
    seen: dict[int, list[str]] = {}
    for i, rule, resource, found in rights(role, "", _SHELLS, _WRITE):
        if not rule.resource_names and (resource != "pods/ephemeralcontainers" or found != ["get"]):
            seen.setdefault(i, []).append(resource)
    for i, resources in seen.items():
        yield Violation(
            f"{role.title} may run commands in every pod {where(role)} ({', '.join(resources)})",
            f"rules[{i}].resources",
            severity=narrowed(Severity.MEDIUM, role),
            change=Change(
                f"rules[{i}].resources", ", ".join(resources), "", f"Narrow {role.title}"
            ),
        )


CHECK = Check(
    title="Role allows running commands in pods",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Remove the right, or grant it for the time of an incident.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/rbac", "nis2/i", "pci-dss/7.2", "hipaa/164.308(a)(4)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: support}
rules:
- apiGroups: [""]
  resources: [pods/exec]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: support}
rules:
- apiGroups: [""]
  resources: [pods, pods/log]
  verbs: [get, list]
"""),
    run=run,
)
