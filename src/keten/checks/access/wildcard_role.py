"""Role allows everything on everything.

A rule with `*` for the resources of Kubernetes' own groups allows what exists today and
whatever is added later: secrets, roles, tokens. Whoever steals the identity that it is bound to
owns the namespace, or with a ClusterRole the cluster; and no audit can tell what of it is used.

Writing is high, reading all (which includes secrets) is medium. A Role is one lower, as it
holds in one namespace. Wildcards within the API group of an operator's own resources are not
reported, nor are the roles that Kubernetes makes itself.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role, Rule

_READ = frozenset({"get", "list", "watch"})


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule for all resources of all groups, or of the core group."""
    for i, rule in enumerate(role.rules):
        if "*" not in rule.resources or not {"*", ""}.intersection(rule.api_groups):
            continue
        reads = set(rule.verbs) <= _READ
        what = "all resources" if "*" in rule.api_groups else "all core resources"
        at = f"rules[{i}].resources"
        yield Violation(
            f"{role.title} may {_said(rule)} {what} {where(role)}",
            at,
            severity=narrowed(Severity.MEDIUM if reads else Severity.HIGH, role),
            change=Change(at, '["*"]', "the resources that are used", f"Narrow {role.title}"),
        )


def _said(rule: Rule) -> str:
    return "do anything with" if "*" in rule.verbs else ", ".join(rule.verbs[:4])


CHECK = Check(
    title="Role allows everything on everything",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=judged,
    fix="List the resources and verbs that are used; the audit log shows which those are.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.3",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: deployer}
rules:
- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["*"]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: deployer}
rules:
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, patch]
"""),
    run=run,
)
