"""Role allows creating pods.

Whoever may create a pod, or something that makes pods, chooses its service account, its secrets
and volumes, and so has the rights of every account of the namespace, and of the node where Pod
Security does not hold it back.

Objects of Argo, Tekton and Knative count, too: their controllers make pods of them.

Low for a ClusterRole, for information for a Role, as deployers and operators need it. What
counts is that few have it.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, rights, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_WRITE = frozenset({"create", "update", "patch"})
_MAKERS = (
    ("", ("pods", "replicationcontrollers")),
    ("apps", ("deployments", "daemonsets", "statefulsets", "replicasets")),
    ("batch", ("jobs", "cronjobs")),
    ("argoproj.io", ("workflows", "cronworkflows", "applications", "rollouts")),
    ("tekton.dev", ("taskruns", "pipelineruns")),
    ("serving.knative.dev", ("services",)),
)


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once what a role may make pods with."""
    found: dict[str, int] = {}
    for group, resources in _MAKERS:
        for i, rule, resource, _verbs in rights(role, group, resources, _WRITE):
            if not rule.resource_names:
                found.setdefault(resource, i)
    if found:
        at = f"rules[{min(found.values())}].resources"
        names = ", ".join([*list(found)[:3], *["..."][: len(found) // 4]])
        yield Violation(
            f"{role.title} may create {names} {where(role)}",
            at,
            key="create",
            severity=narrowed(Severity.LOW, role),
            change=Change(at, names, "the resources that are used", f"Narrow {role.title}"),
        )


CHECK = Check(
    title="Role allows creating pods",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Grant it to few, in namespaces that enforce a Pod Security Standard.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.4",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: batch}
rules:
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: batch}
rules:
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list]
"""),
    run=run,
)
