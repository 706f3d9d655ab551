"""Of which live objects it is known whether what they name is there.

Secrets, config maps and claims are listed apart from what names them, and secrets only by whom
the right was given. ``looked NODE references`` is said of a workload or Ingress where every
kind that it names was listed; nothing is said of files, which seldom hold what is made by hand.
"""

from collections.abc import Iterator

from keten.cluster.references import references
from keten.cluster.scopes import Scope
from keten.model.facts import Looked
from keten.model.kube import Cluster, Object, Route, Workload

NEED = "references"
_PLURALS = {
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "RuntimeClass": "runtimeclasses.node.k8s.io",
    "PriorityClass": "priorityclasses.scheduling.k8s.io",
}


def looked(scope: Scope, told: dict[str, set[str]]) -> Iterator[Looked]:
    """Say of which live objects of *scope* it is known; *told* are the lists of a dump."""
    if scope.cluster is not None:
        yield from _of_cluster(scope, scope.cluster)
        return
    kinds = {item.kind for item in scope.objects}
    for path, more in told.items():
        if not scope.folder or path.startswith(f"{scope.folder}/"):
            kinds |= more
    known = kinds & _PLURALS.keys()
    for item in scope.objects:
        if item.uid and _named(item) <= known:
            yield Looked(item.ref, NEED)


def _of_cluster(scope: Scope, cluster: Cluster) -> Iterator[Looked]:
    """Say it of a snapshot, in which a kind may have been listed in some namespaces only."""
    whole = {kind for kind, name in _PLURALS.items() if name in cluster.listed}
    near: dict[str, set[str]] = {}
    for kind, name in _PLURALS.items():
        for space in cluster.within.get(name, ()):
            near.setdefault(space, set()).add(kind)
    for item in scope.objects:
        if item.uid and _named(item) <= (whole | near.get(item.namespace, _NONE)):
            yield Looked(item.ref, NEED)


_NONE: set[str] = set()


def _named(item: Object) -> set[str]:
    match item:
        case Workload():
            return {one.kind for one in references(item)}
        case Route():
            return {"Secret"} if item.spec.get("tls") else set()
        case _:
            return {""}
