"""What a role allows once the aggregation controller has written it.

A ClusterRole with an ``aggregationRule`` is allowed what all roles together are that one of its
selectors selects, except itself; what its file says in ``rules`` is overwritten. Selected roles
may aggregate in turn. A live object is taken as it stands, as the authorizer takes it.
Source: Kubernetes, pkg/controller/clusterroleaggregation.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from keten.cluster.selectors import Labelled, selector
from keten.errors import CeilingError
from keten.model.kube import Role, Rule

MOST_STEPS = 3_000_000
"""The most roles that all aggregated roles of a cluster may gather, counted each time."""
_TOO_MANY = f"aggregated roles gather more than {MOST_STEPS} roles"


class Sourced(Struct, frozen=True):
    """A rule, and where it is written: rule *index* of *role*."""

    rule: Rule
    role: Role
    index: int


class Aggregation:
    """The rules of roles, of which *roles* are all cluster roles of a cluster."""

    def __init__(self, roles: Sequence[Role]) -> None:
        self._roles = sorted(roles, key=lambda role: (role.name, role.id))
        self._labels: Labelled | None = None
        self._made: dict[str, tuple[Sourced, ...]] = {}
        self._chosen: dict[str, list[Role] | None] = {}
        self._steps = 0

    def rules(self, role: Role) -> tuple[Sourced, ...]:
        """Return what *role* allows."""
        if role.aggregation is None or role.uid or role.kind != "ClusterRole":
            return tuple(own(role))
        found = self._made.get(role.id)
        if found is None:
            found = self._made[role.id] = tuple(self._gather(role))
        return found

    def selects(self, role: Role) -> list[Role] | None:
        """Return the roles that *role* gathers; None where the controller gives up on it.

        CeilingError where all roles together gather too many.
        """
        if self._steps > MOST_STEPS:
            raise CeilingError(_TOO_MANY)
        if role.id not in self._chosen:
            self._chosen[role.id] = self._select(role)
        chosen = self._chosen[role.id]
        self._steps += len(chosen or ())
        if self._steps > MOST_STEPS:
            raise CeilingError(_TOO_MANY)
        return chosen

    def _select(self, role: Role) -> list[Role] | None:
        selectors = (role.aggregation or {}).get("clusterRoleSelectors")
        found: dict[str, Role] = {}
        for item in _list(selectors):
            wanted = selector(item)
            if wanted is None:
                return None
            if self._labels is None:
                self._labels = Labelled(one.labels for one in self._roles)
            for i in self._labels.select(wanted):
                if self._roles[i].name != role.name:
                    found.setdefault(self._roles[i].id, self._roles[i])
        return list(found.values())

    def _gather(self, role: Role) -> Iterator[Sourced]:
        seen = {role.id}
        said: set[Rule] = set()
        wanted = [role]
        while wanted:
            one = wanted.pop()
            gathers = one.aggregation is not None and not one.uid
            below = self.selects(one) if gathers else None
            if below is None:
                for item in own(one):
                    if item.rule not in said:
                        said.add(item.rule)
                        yield item
                continue
            for other in reversed(below):
                if other.id not in seen:
                    seen.add(other.id)
                    wanted.append(other)


def own(role: Role) -> Iterator[Sourced]:
    """Yield the rules that a role's own file says."""
    for i, rule in enumerate(role.rules):
        yield Sourced(rule, role, i)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
