"""The clusters that a view shows: objects that are applied together, with their engines.

A check asks ``estate(view).of(node)``; what an engine knows is computed once for a scope.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from keten.cluster.scopes import Scope, scopes
from keten.model import kube
from keten.model.delivery import Chart
from keten.model.facts import Node, View
from keten.model.kube import (
    Binding,
    ConfigMap,
    Namespace,
    NetworkPolicy,
    Object,
    Resource,
    Role,
    Route,
    Secret,
    Service,
    ServiceAccount,
    Webhook,
    Workload,
)

if TYPE_CHECKING:  # built on demand
    from keten.cluster.admission.lockout import Admission
    from keten.cluster.network.reach import Network
    from keten.cluster.rbac.rights import Rights

KINDS = (
    Binding, ConfigMap, Namespace, NetworkPolicy, Resource, Role, Route, Secret, Service,
    ServiceAccount, Webhook, Workload,
)  # fmt: skip


class Cluster:
    """The objects of one scope, and what follows from them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @property
    def objects(self) -> Sequence[Object]:
        """Return every object of the scope."""
        return self.scope.objects

    @cached_property
    def admission(self) -> "Admission":
        """Return which webhooks are asked what here."""
        from keten.cluster.admission.lockout import Admission

        return Admission(self.scope.objects)

    @cached_property
    def rights(self) -> "Rights":
        """Return who may do what here."""
        from keten.cluster.rbac.rights import Rights

        return Rights(self.scope.objects)

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Return the rights that listing the cluster lacked, and what its server failed to tell."""
        cluster = self.scope.cluster
        return (*cluster.denied, *cluster.failed) if cluster is not None else ()

    @cached_property
    def network(self) -> "Network":
        """Return who reaches whom here."""
        from keten.cluster.network.reach import Network

        return Network(self.scope.objects, unlisted=self.unlisted)


class Estate:
    """Every cluster in view."""

    def __init__(
        self,
        objects: Iterable[Object],
        charts: Iterable[Chart],
        listed: Iterable[kube.Cluster] = (),
    ) -> None:
        self.clusters = tuple(Cluster(scope) for scope in scopes(objects, charts, listed))
        self._of = {item.ref: c for c in self.clusters for item in c.scope.objects}

    @cached_property
    def _objects(self) -> dict[str, Object]:
        return {item.ref: item for c in self.clusters for item in c.scope.objects}

    def find(self, ref: str) -> Object | None:
        """Return the object that *ref* names."""
        return self._objects.get(ref)

    def of(self, item: Object) -> Cluster:
        """Return the cluster that *item* is an object of."""
        return self._of[item.ref]


def estate(view: View) -> Estate:
    """Return the clusters of *view*; made once for a view."""
    return view.once(_build)


def gather(nodes: Iterable[Node]) -> Estate:
    """Return the clusters that *nodes* show, whatever else is among them."""
    objects, charts, listed = [], [], []
    for node in nodes:
        match node:
            case Object():
                objects.append(node)
            case Chart():
                charts.append(node)
            case kube.Cluster():
                listed.append(node)
            case _:
                pass
    objects.sort(key=lambda item: item.ref)
    return Estate(objects, charts, listed)


def _build(view: View) -> Estate:
    return gather(node for kind in (*KINDS, Chart, kube.Cluster) for node in view.every(kind))
