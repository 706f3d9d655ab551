"""What lies beside an object, among what is applied together with it.

A name that is not said leaves open which namespace it is: such objects may meet any.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from keten.cluster.estates import Cluster, estate
from keten.cluster.selectors import Labelled, selector
from keten.model.facts import View
from keten.model.kube import ConfigMap, Object, Resource, Route, Secret, Service, Workload

_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook", "helm.sh/hook-delete-policy")
_NONE: tuple[Object, ...] = ()


class Beside:
    """The objects of one scope by kind and name, and its pods by label."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._kinds: dict[str, list[Object]] = {}
        self._named: dict[tuple[str, str], list[Object]] = {}
        for item in cluster.objects:
            self._kinds.setdefault(item.kind, []).append(item)
            self._named.setdefault((item.kind, item.name), []).append(item)
        self._pods: tuple[list[Workload], Labelled] | None = None

    def every(self, kind: str) -> Sequence[Object]:
        """Return all objects of *kind*."""
        return self._kinds.get(kind, _NONE)

    def named(self, kind: str, name: str, namespace: str) -> list[Object]:
        """Return the objects *name* that are, or may be, in *namespace*; "" meets any."""
        return [o for o in self._named.get((kind, name), ()) if meets(o.namespace, namespace)]

    def some(self, kind: str, namespace: str) -> bool:
        """Return whether anything of *kind* is, or may be, in *namespace*."""
        return any(meets(item.namespace, namespace) for item in self.every(kind))

    def selected(self, wanted: Any, namespace: str) -> list[Workload]:
        """Return the workloads whose pods a LabelSelector may select in *namespace*."""
        if self._pods is None:
            every = [item for item in self.cluster.objects if isinstance(item, Workload)]
            self._pods = (every, Labelled(labels_of(item) for item in every))
        workloads, labelled = self._pods
        read = selector(wanted)
        if read is None:
            return []
        found = (workloads[i] for i in labelled.select(read))
        return [item for item in found if meets(item.namespace, namespace)]


def beside(view: View, item: Object) -> Beside:
    """Return what lies beside *item*; made once for each scope."""
    made = view.once(_made)
    cluster = estate(view).of(item)
    found = made.get(id(cluster))
    if found is None:
        found = made[id(cluster)] = Beside(cluster)
    return found


def _made(_: View) -> dict[int, Beside]:
    return {}


def lacks(view: View, item: Object, kind: str, name: str) -> bool:
    """Return whether *kind* *name* is certainly not in the namespace of *item*.

    In a cluster that was listed nothing is hidden. Elsewhere something of the kind has to lie
    beside it: in the same folder, or in the same file where the namespace is not said or default,
    as in demonstrations; and in files none of that name may be anywhere in view. What is kept
    elsewhere, or made by hand, is not known to be missing. A dump may keep each kind in a folder
    of its own (must-gather).
    """
    names = view.once(_everywhere).get(kind, _NAMELESS)
    if not item.uid and (not names or name in names):
        return False
    near = beside(view, item)
    if near.named(kind, name, item.namespace):
        return False
    if near.cluster.scope.cluster is not None:
        return True
    apart = item.namespace in ("", "default")
    return any(
        other.namespace == item.namespace
        and bool(other.uid) == bool(item.uid)
        and (item.uid or other.path == item.path or (not apart and _folder(other) == _folder(item)))
        for other in near.every(kind)
    )


def _folder(item: Object) -> str:
    return item.path.rpartition("/")[0]


_NAMELESS: frozenset[str] = frozenset()


def _everywhere(view: View) -> dict[str, set[str]]:
    made: dict[str, set[str]] = {}
    for cluster in estate(view).clusters:
        for item in cluster.objects:
            made.setdefault(item.kind, set()).add(item.name)
    return made


def known(view: View, kind: str) -> bool:
    """Return whether anything of *kind* is in view at all: a cheap question before dear ones."""
    return kind in view.once(_everywhere)


def has_key(item: Object, key: str) -> bool:
    """Return whether a config map or secret has *key*, or is filled by something else."""
    return not isinstance(item, ConfigMap | Secret) or not item.keys or key in item.keys


def meets(one: str, other: str) -> bool:
    """Return whether two namespaces are, or may be, the same."""
    return one == other or not one or not other


def labels_of(workload: Workload) -> dict[str, str]:
    """Return the labels of a workload's pods."""
    return workload.pod_labels or (workload.labels if workload.kind == "Pod" else {})


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the mappings in a list; nothing of what is none."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, dict))


def as_dict(value: Any) -> dict[str, Any]:
    """Return a mapping, empty for what is none."""
    return value if isinstance(value, dict) else {}


def is_hook(item: Object) -> bool:
    """Return whether a release tool runs it once, and removes it by its own rules."""
    return any(name in item.annotations for name in _HOOKS)


def amount(value: Any, of: int) -> int | None:
    """Return an int-or-percent as a number of *of*, rounded up as Kubernetes does."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal():
        return -(-int(value[:4].rstrip("%")) * of // 100) if len(value) <= 4 else None  # noqa: PLR2004 100%
    return None


def replicas_of(workload: Workload, near: Beside) -> tuple[int, str] | None:
    """Return the fewest pods that a workload runs as, and what says so; None if not said."""
    for item in near.every("HorizontalPodAutoscaler"):
        if isinstance(item, Resource) and scales(item, workload):
            least = item.spec.get("minReplicas", 1)
            return (least, item.title) if isinstance(least, int) else None
    for item in near.every("ScaledObject"):
        if meets(item.namespace, workload.namespace):
            return None
    said = workload.spec.get("replicas", 1)
    return (said, workload.title) if isinstance(said, int) else None


def scales(scaler: Resource, workload: Workload) -> bool:
    """Return whether a HorizontalPodAutoscaler sets how many pods *workload* has."""
    target = as_dict(scaler.spec.get("scaleTargetRef"))
    return (
        target.get("kind") == workload.kind
        and target.get("name") == workload.name
        and meets(scaler.namespace, workload.namespace)
    )


def backends(route: Route) -> Iterator[tuple[str, Any, str]]:
    """Yield (service, port asked for, field path) of an Ingress' backends."""
    spec = route.spec
    for key in ("defaultBackend", "backend"):
        yield from _backend(spec.get(key), f"spec.{key}")
    rules = spec.get("rules")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        paths = as_dict(as_dict(rule).get("http")).get("paths")
        for j, path in enumerate(paths if isinstance(paths, list) else ()):
            at = f"spec.rules[{i}].http.paths[{j}].backend"
            yield from _backend(as_dict(path).get("backend"), at)


def _backend(backend: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    match backend:
        case {"service": {"name": str(name), **rest}}:
            port = as_dict(rest.get("port"))
            yield name, port.get("name") or port.get("number"), f"{at}.service"
        case {"serviceName": str(name)}:
            yield name, backend.get("servicePort"), f"{at}.serviceName"
        case _:
            pass


def port_named(service: Service, port: Any) -> dict[str, Any] | None:
    """Return the port of *service* that a name or number means."""
    for one in dicts(service.spec.get("ports")):
        if port in (one.get("name"), one.get("port")):
            return one
    return None
