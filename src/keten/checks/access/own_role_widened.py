"""Role of Kubernetes' own allows more than Kubernetes gave it.

The roles that Kubernetes makes for its own parts, and view, edit and admin for people, are bound
in every cluster, and nobody reads them again. A rule that is added to one, or gathered into one
by a label, is granted to all who have it: an intruder who may write roles hides there.

What a role of that name may in some version of Kubernetes is not reported, nor is what harms
nobody. Of view, edit and admin only what goes further in kind is: secrets for who may view.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.aggregation import own
from keten.cluster.rbac.risks import Risk, beyond, key_of_role, of_rules
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role

_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_PEOPLE = ("view", "edit", "admin")


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report the worst that was added, once for each role it was added to."""
    if _is_own(role):
        found = of_rules(role, beyond(role, list(own(role))))
        if role.name in _PEOPLE:
            found = list(_further(found, role.name))
        yield from _said(role, found, f"{role.title} was widened")
        return
    for name in _PEOPLE:
        if role.labels.get(_AGGREGATE + name) == "true":
            found = list(_further(of_rules(role, own(role)), name))
            yield from _said(role, found, f"{role.title} widens {name}")


def _is_own(role: Role) -> bool:
    return kubernetes.allowed(key_of_role(role)) is not None


def _further(found: list[Risk], name: str) -> Iterator[Risk]:
    """Yield what of *found* is of a kind that the role *name* does not have."""
    rules = kubernetes.allowed(name) or ()
    base = Role(name, kind="ClusterRole", name=name, rules=rules)
    has = of_rules(base, own(base))
    gains = {risk.danger.gain for risk in has if risk.severity >= Severity.MEDIUM}
    yield from (risk for risk in found if risk.danger.gain not in gains)


def _said(role: Role, found: list[Risk], what: str) -> Iterator[Violation]:
    told = [risk for risk in found if not risk.named]
    if not told:
        return
    worst = max(told, key=lambda risk: (risk.severity, risk.danger.id))
    at = f"rules[{worst.grounds[0].said.index}]"
    yield Violation(
        f"{what}: it may {worst.danger.may}",
        at,
        key=what,
        severity=min(worst.severity, Severity.HIGH),
        change=Change(at, worst.danger.may, "", f"Narrow {role.title}"),
    )


def _applies(role: Role) -> bool:
    return _is_own(role) or any(label.startswith(_AGGREGATE) for label in role.labels)


CHECK = Check(
    title="Role of Kubernetes' own allows more than Kubernetes gave it",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Role,
    applies=_applies,
    fix="Take the rule out, and bind a role of its own to those who need it.",
    threats=(Threat.ACTOR, Threat.INSIDER, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/third-parties",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: agent-view
  labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: agent-view
  labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules:
- apiGroups: [agents.example.io]
  resources: [agents]
  verbs: [get, list]
"""),
    run=run,
)
