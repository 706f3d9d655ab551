"""Role allows reading all secrets.

Secrets hold the passwords, keys and tokens of everything else. list and watch give their
contents as get does. Whoever steals an identity with this right goes on with every credential
that lies there: in attacks on clusters it is the second step after the first pod.

Medium for a ClusterRole, low for a Role. A rule with resourceNames and without list or watch is
not reported. Controllers that exist to handle secrets (certificates, ingress) need it: waive
those.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import judged, narrowed, rights, where
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_READ = frozenset({"get", "list", "watch"})


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each rule that reads secrets it does not name."""
    for i, rule, _resource, found in rights(role, "", ("secrets",), _READ):
        if not rule.resource_names:
            how = "read" if "*" in found else ", ".join(found)
            yield Violation(
                f"{role.title} may {how} every secret {where(role)}",
                f"rules[{i}].resources",
                severity=narrowed(Severity.MEDIUM, role),
                change=Change(
                    f"rules[{i}]", "secrets", "resourceNames: [...]", f"Narrow {role.title}"
                ),
            )


CHECK = Check(
    title="Role allows reading all secrets",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Name the secrets (resourceNames, with get only), or mount them instead.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.2",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [db]
  verbs: [get]
"""),
    run=run,
)
