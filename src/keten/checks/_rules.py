"""What the checks of rights share: what a rule allows, and whose roles are not judged."""

from collections.abc import Iterator

from keten.model.finding import Severity
from keten.model.kube import Role, Rule

_BUILT_IN = frozenset({"cluster-admin", "admin", "edit", "view"})
_BOOTSTRAP = "kubernetes.io/bootstrapping"


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
    """Return *severity*, one lower for a Role, which holds in one namespace."""
    return severity if cluster_wide(role) else Severity(max(severity - 1, Severity.INFO))


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
