"""Whether the Service that the API server is told to call is certainly not there."""

from keten.cluster.estates import Cluster, estate
from keten.model.facts import View
from keten.model.kube import Object, Service, Workload


def missing(view: View, item: Object, namespace: str, name: str) -> bool:
    """Return whether Service *namespace*/*name*, which *item* calls, is certainly not there.

    In a cluster that was listed nothing is hidden. Of files, services and workloads of that
    namespace have to lie beside *item*, nothing beside may stand for alternatives, and no
    service of that name may be anywhere in view.
    """
    cluster = estate(view).of(item)
    if cluster.scope.cluster is not None or item.uid:
        return not any(_is(one, name, namespace) for one in cluster.objects)
    if not cluster.scope.whole or not _seen(cluster, namespace):
        return False
    return name not in view.once(_names)


def _is(one: Object, name: str, namespace: str) -> bool:
    return isinstance(one, Service) and one.name == name and one.namespace in ("", namespace)


def _seen(cluster: Cluster, namespace: str) -> bool:
    there = {type(one) for one in cluster.objects if one.namespace == namespace}
    return {Service, Workload} <= there


def _names(view: View) -> set[str]:
    return {
        item.name
        for cluster in estate(view).clusters
        for item in cluster.objects
        if isinstance(item, Service)
    }
