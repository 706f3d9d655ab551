"""Whether the Service that the API server is told to call is certainly not there."""

from keten.cluster.estates import Cluster, estate
from keten.model.facts import View
from keten.model.kube import Object, Service, Workload


def missing(view: View, item: Object, namespace: str, name: str) -> bool:
    """Return whether Service *namespace*/*name*, which *item* calls, is certainly not there.

    In a cluster that was listed nothing is hidden, nor in a dump that has the services of every
    namespace. Of files, services and workloads of that namespace have to lie beside *item*,
    nothing beside may stand for alternatives, and no service of that name may be in view.
    """
    cluster = estate(view).of(item)
    if cluster.scope.cluster is not None or (item.uid and _dumped(cluster)):
        return not any(_is(one, name, namespace) for one in cluster.objects)
    if not cluster.scope.whole or not _seen(cluster, namespace):
        return False
    return name not in view.once(_names)


def _dumped(cluster: Cluster) -> bool:
    """Return whether live services of several namespaces are here, as every cluster has them."""
    live = {(o.namespace, o.name) for o in cluster.objects if isinstance(o, Service) and o.uid}
    return ("default", "kubernetes") in live and any(space == "kube-system" for space, _ in live)


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
