"""Of which live objects it is known whether what they name is there.

Secrets, config maps and claims are listed apart from what names them, and secrets only by whom
the right was given. ``looked NODE references`` is said of a workload or Ingress where every
kind that it names was listed; nothing is said of files, which seldom hold what is made by hand.
"""

from collections.abc import Iterator

from keten.cluster.references import references
from keten.cluster.scopes import Scope
from keten.model.facts import Looked
from keten.model.kube import Object, Route, Workload

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
    listed = scope.cluster.listed if scope.cluster is not None else None
    kinds = {item.kind for item in scope.objects}
    for path, more in told.items():
        if not scope.folder or path.startswith(f"{scope.folder}/"):
            kinds |= more
    known = {k for k, n in _PLURALS.items() if (k in kinds if listed is None else n in listed)}
    for item in scope.objects:
        if item.uid and _named(item) <= known:
            yield Looked(item.ref, NEED)


def _named(item: Object) -> set[str]:
    match item:
        case Workload():
            return {one.kind for one in references(item)}
        case Route():
            return {"Secret"} if item.spec.get("tls") else set()
        case _:
            return {""}
