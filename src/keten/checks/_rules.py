"""What the checks of rights share: what a rule allows, and whose roles are not judged."""

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from keten.cluster.rbac.danger import Ask
from keten.cluster.rbac.dangers import danger
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role, Rule

_BUILT_IN = frozenset({"cluster-admin", "admin", "edit", "view"})
_BOOTSTRAP = "kubernetes.io/bootstrapping"
_SYSTEM = "kube-system"


def built_in(role: Role) -> bool:
    """Return whether Kubernetes itself makes the role, so that it is not the author's to mend."""
    return (
        role.name.startswith("system:")
        or role.labels.get(_BOOTSTRAP) == "rbac-defaults"
        or (role.kind == "ClusterRole" and role.name in _BUILT_IN)
    )


def judged(role: Role) -> bool:
    """Return whether a role is judged: all but those that Kubernetes makes."""
    return not built_in(role)


def cluster_wide(role: Role) -> bool:
    """Return whether the role can be granted in every namespace at once."""
    return role.kind == "ClusterRole"


def narrowed(severity: Severity, role: Role) -> Severity:
    """Return *severity*, one lower for a Role, which holds in one namespace.

    In kube-system it is not: the accounts and secrets there are those of the whole cluster.
    """
    if cluster_wide(role) or role.namespace == _SYSTEM:
        return severity
    return Severity(max(severity - 1, Severity.INFO))


def where(role: Role) -> str:
    """Return how far the role's rights reach, for messages."""
    return "in any namespace" if cluster_wide(role) else "in its namespace"


def allows(rule: Rule, group: str, resource: str) -> bool:
    """Return whether a rule speaks of *resource* of the API *group*, by name.

    ``*`` counts for the group, and ``*/sub`` for a subresource; a rule for all resources
    (``*``) does not: access/wildcard-role says that once.
    """
    if group not in rule.api_groups and "*" not in rule.api_groups:
        return False
    sub = resource.partition("/")[2]
    return resource in rule.resources or bool(sub and f"*/{sub}" in rule.resources)


def verbs(rule: Rule, wanted: frozenset[str]) -> list[str]:
    """Return which of the *wanted* verbs the rule allows, sorted; ``*`` is all."""
    if "*" in rule.verbs:
        return ["*"]
    return sorted(wanted.intersection(rule.verbs))


def rights(
    role: Role, group: str, resources: tuple[str, ...], wanted: frozenset[str]
) -> Iterator[tuple[int, Rule, str, list[str]]]:
    """Yield each rule of *role* (with its index) that allows a *wanted* verb on a resource."""
    for i, rule in enumerate(role.rules):
        found = verbs(rule, wanted)
        for resource in resources if found else ():
            if allows(rule, group, resource):
                yield i, rule, resource, found


class Allowed(Struct, frozen=True):
    """What of a role makes it dangerous: its first such rule, and the resources.

    *whole*: what they are is of no namespace.
    """

    index: int
    resources: tuple[str, ...]
    whole: bool


def dangerous(role: Role, name: str) -> Allowed | None:
    """Return what of *role* is the danger *name* (keten.cluster.rbac.dangers); None for nothing.

    As with ``allows``, a rule for all resources is not counted; nor is one that names what it
    may be used on, unless it names what the danger is about.
    """
    what = danger(name)
    if what.local is None and not cluster_wide(role):
        return None
    first, resources = len(role.rules), []
    for ask in what.asks:
        if ask.space and role.kind == "Role" and role.namespace != ask.space:
            return None
        found = list(_asked(role, ask))
        if not found:
            return None
        first = min(first, found[0][0])
        resources += [resource for _, _, resource, _ in found]
    whole = what.local is None or all(item.startswith("namespaces") for item in resources)
    return Allowed(first, tuple(dict.fromkeys(resources)), whole)


def _asked(role: Role, ask: Ask) -> Iterator[tuple[int, Rule, str, list[str]]]:
    for item in rights(role, ask.group, ask.resources, _verbs(ask)):
        names = item[1].resource_names
        if ask.loose or not names or not set(ask.only).isdisjoint(names):
            yield item


@cache
def _verbs(ask: Ask) -> frozenset[str]:
    return frozenset(ask.verbs)


def said(
    role: Role, found: Allowed | None, may: str, severity: Severity, *, key: str = ""
) -> Iterator[Violation]:
    """Yield that *role* *may* do what was *found*, one lower where it holds in one namespace."""
    if found is None:
        return
    at = f"rules[{found.index}].resources"
    names = ", ".join(found.resources[:3])
    reach = "" if found.whole and cluster_wide(role) else f" {where(role)}"
    yield Violation(
        f"{role.title} may {may}{reach} ({names})",
        at,
        key=key,
        severity=narrowed(severity, role),
        change=Change(at, names, "", f"Narrow {role.title}"),
    )
