"""Kubernetes' own roles and bindings, and the resources it serves, from kubernetes.json.

``tools/kubernetes_rbac.py`` writes the data and says what the lists mean.
"""

from collections.abc import Sequence
from functools import cache

import msgspec
from msgspec import Struct

from keten.model.kube import Binding, Role, Rule, Subject

LABEL = "kubernetes.io/bootstrapping"
DEFAULTS = "rbac-defaults"
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_Rules = list[list[list[str]]]


class Known(Struct, frozen=True):
    """The data: see the tool. Keys of roles and bindings are names, ``namespace/name`` in one."""

    version: str
    resources: dict[str, tuple[int, list[str]]]
    roles: dict[str, _Rules]
    aggregates: dict[str, list[str]]
    labels: dict[str, list[str]]
    bindings: dict[str, tuple[str, list[list[str]]]]
    older: dict[str, _Rules]


@cache
def known() -> Known:
    """Return the data; read once, in about a millisecond."""
    with open(f"{__file__.removesuffix('.py')}.json", "rb") as file:  # noqa: PTH123 checks, which see no paths, import this
        return msgspec.json.decode(file.read(), type=Known)


@cache
def roles() -> tuple[Role, ...]:
    """Return the roles that the API server makes at its start; their path is ""."""
    made = []
    for key, rules in known().roles.items():
        space, _, name = key.rpartition("/")
        kind = "Role" if space else "ClusterRole"
        to = known().aggregates.get(key)
        labels = {_AGGREGATE + word: "true" for word in known().labels.get(key, ())}
        made.append(
            Role(
                f":{kind}/{space or '-'}/{name}",
                kind=kind,
                name=name,
                namespace=space,
                labels={LABEL: DEFAULTS, **labels},
                rules=tuple(rule(item) for item in rules),
                aggregation=_selectors(to) if to else None,
            )
        )
    return tuple(made)


@cache
def bindings() -> tuple[Binding, ...]:
    """Return the bindings that the API server makes at its start; their path is ""."""
    made = []
    for key, (role, subjects) in known().bindings.items():
        space, _, name = key.rpartition("/")
        kind = "RoleBinding" if space else "ClusterRoleBinding"
        role_space, _, role_name = role.rpartition("/")
        made.append(
            Binding(
                f":{kind}/{space or '-'}/{name}",
                kind=kind,
                name=name,
                namespace=space,
                labels={LABEL: DEFAULTS},
                role_kind="Role" if role_space else "ClusterRole",
                role_name=role_name,
                subjects=tuple(_subject(*subject) for subject in subjects),
            )
        )
    return tuple(made)


@cache
def allowed(key: str) -> tuple[Rule, ...] | None:
    """Return what the role *key* may in any version that is known; None for none of theirs.

    Of an aggregated role, that is what the roles it gathers may.
    """
    if key not in known().roles and key not in known().older:
        return None
    found = list(_own(key))
    seen, wanted = {key}, list(known().aggregates.get(key, ()))
    while wanted:
        word = wanted.pop()
        for other, labels in known().labels.items():
            if word in labels and other not in seen:
                seen.add(other)
                found += _own(other)
                wanted += known().aggregates.get(other, ())
    return tuple(found)


def _own(key: str) -> Sequence[Rule]:
    both = (*known().roles.get(key, ()), *known().older.get(key, ()))
    return [rule(item) for item in both]


def rule(item: list[list[str]]) -> Rule:
    """Return the rule that a list of the data is."""
    return Rule(*(tuple(words) for words in item))


def _subject(kind: str, name: str, namespace: str = "") -> Subject:
    return Subject(kind, name, namespace)


def _selectors(words: list[str]) -> dict[str, object]:
    return {
        "clusterRoleSelectors": [{"matchLabels": {_AGGREGATE + word: "true"}} for word in words]
    }
