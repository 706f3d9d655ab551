"""Role allows changing the settings of the control plane.

Some config maps of kube-system are read by the control plane itself. On EKS, aws-auth says
which cloud identity is in system:masters; coredns says what every name in the cluster means;
extension-apiserver-authentication says whose word aggregated APIs take for who is asking.
Whoever writes them takes the cluster, or its traffic, without touching a role.

Reported is a Role in kube-system that changes config maps it does not name, or removes and
creates them; and any rule that names one of these. To create alone is not reported, as what is
there stays (leader election asks for it). Nor is a ClusterRole that names none: what it reaches
depends on how it is bound, and keten rbac dangers tells who holds it.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import allows, dangerous, judged
from keten.cluster.rbac.dangers import danger
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_SYSTEM = "kube-system"


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report a role that writes what the control plane reads."""
    found = dangerous(role, "control-plane-config")
    if found is None:
        return
    rule = role.rules[found.index]
    known = danger("control-plane-config").asks[0].only
    names = [name for name in rule.resource_names if name in known]
    if not names and (role.namespace != _SYSTEM or not _changes(role)):
        return
    what = ", ".join(names[:3]) or "configmaps of kube-system"
    at = f"rules[{found.index}].resources"
    yield Violation(
        f"{role.title} may change the settings of the control plane ({what})",
        at,
        change=Change(at, "configmaps", "resourceNames: [...]", f"Narrow {role.title}"),
    )


def _changes(role: Role) -> bool:
    """Return whether *role* changes config maps that it does not name, and that are there."""
    found: set[str] = set()
    for rule in role.rules:
        if not rule.resource_names and allows(rule, "", "configmaps"):
            found.update(rule.verbs)
    removes = not found.isdisjoint(("delete", "deletecollection"))
    return not found.isdisjoint(("*", "update", "patch")) or ("create" in found and removes)


CHECK = Check(
    title="Role allows changing the settings of the control plane",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Name the config maps that are its own, or keep them in a namespace of their own.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/control-plane",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [aws-auth]
  verbs: [update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [shop]
  verbs: [update]
"""),
    run=run,
)
