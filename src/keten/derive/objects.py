"""How the objects that are applied together hang together.

Objects are related within a scope only (keten.cluster.scopes). A namespace that the file does
not say is taken as one namespace of its own: objects that leave it out are applied to the
same one, whichever that is. An object that leaves it out and one that names it *may* meet
there; such an edge is CLAIMED, all others are OBSERVED. So a check that says "this is
there" asks for OBSERVED, and one that says "there is none" asks for CLAIMED.

``looked NODE objects`` is said where the scope is whole, with two exceptions. Pods can come
from custom resources, which an operator turns into workloads that no file shows: it is not
said of a service or network policy in the same namespace as one. And of those, and of a
binding to a Role, it is not said where what they are for may be elsewhere: nothing of its
kind lies beside them, it lies in another scope, or they are in a namespace of Kubernetes' own.
Nor is it said of anything in a folder of which some manifest could not be read. Of what was
listed from a live cluster it is said by what was listed: derive/collected.

Policies of Cilium, Calico and the like are not read: each is CLAIMED to select what is in its
namespace, or everything where it has none.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from keten.cluster.references import read_by
from keten.cluster.scopes import Scope, scopes
from keten.cluster.selectors import Labelled, Selector, equality, selector
from keten.derive import collected, named
from keten.derive.retagged import retagged
from keten.model.custom_pods import may_make
from keten.model.delivery import Chart
from keten.model.evidence import Link, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.kube import (
    Binding,
    Cluster,
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
    Workload,
)

MOST_EDGES = 500_000
"""The most that one scope's selectors may select together; above, it is a Problem."""

BY = "derive/objects"
_MEANT = ("selects", "grants")  # what a service, a policy and a binding are for
_SYSTEM = ("kube-system", "kube-public")
_POLICIES = {
    "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy", "ClusterNetworkPolicy", "GlobalNetworkPolicy", "NetworkPolicy",
}  # fmt: skip


def derive(facts: Facts) -> Facts:
    """Return the edges between objects and what was looked at, without what *facts* hold."""
    objects = [node for node in facts.nodes if isinstance(node, Object)]
    charts = [node for node in facts.nodes if isinstance(node, Chart)]
    everywhere = _Everywhere(objects)
    unread = {
        posixpath.dirname(p.path)
        for p in facts.problems
        if p.link is Link.DEPLOYMENT and not p.about
    }
    edges = list(retagged((o for o in objects if isinstance(o, Workload)), charts))
    looked: list[Looked] = []
    problems: list[Problem] = []
    clusters = [node for node in facts.nodes if isinstance(node, Cluster)]
    lists = collected.lists(facts.looked)
    for scope in scopes(objects, charts, clusters):
        mine, full = _edges(scope)
        edges += mine
        if full:
            problems.append(_too_many(scope))
        elif scope.cluster is not None:
            left = collected.of_snapshot(scope, facts.problems)
            looked += _answered(scope, left)
            looked += named.looked(scope, {}) if left is not collected.EVERYTHING else ()
        elif scope.whole and collected.is_dump(scope, lists):
            left, why = collected.of_dump(scope, lists)
            looked += _answered(scope, left)
            looked += named.looked(scope, lists)
            problems += why
        elif scope.whole:
            related = {edge.src for edge in mine if edge.relation in _MEANT}
            found = _looked(scope, related, everywhere)
            looked += [Looked(item.ref, "objects") for item in found if _folder(item) not in unread]
    return Facts(edges=tuple(edges), looked=tuple(looked), problems=tuple(problems))


def _answered(scope: Scope, left: collected.Open) -> Iterator[Looked]:
    for item in scope.objects:
        if collected.answered(item, left):
            yield Looked(item.ref, "objects")


def _edges(scope: Scope) -> tuple[list[Edge], bool]:
    kinds: dict[type, list[Any]] = {}
    for item in scope.objects:
        kinds.setdefault(type(item), []).append(item)
    pods = _Pods(kinds.get(Workload, []))
    edges: list[Edge] = []
    for source in (
        _policies(kinds, pods),
        _foreign(kinds, pods),
        _services(kinds, pods),
        _routes(kinds),
        _bindings(kinds),
        _workloads(kinds),
    ):
        for edge in source:
            edges.append(edge)
            if len(edges) > MOST_EDGES:
                return [], True
    return edges, False


class _Pods:
    """The workloads of a scope by namespace and labels."""

    def __init__(self, workloads: list[Workload]) -> None:
        self._all = workloads
        self._by: dict[str, tuple[list[Workload], Labelled]] = {}
        spaces: dict[str, list[Workload]] = {}
        for workload in workloads:
            spaces.setdefault(workload.namespace, []).append(workload)
        for name, those in spaces.items():
            self._by[name] = (those, Labelled(_pod_labels(w) for w in those))
        self._every: Labelled | None = None

    def select(self, wanted: Selector, namespace: str) -> Iterator[tuple[Workload, Trust]]:
        """Yield what is selected from *namespace*, and how far that is believed."""
        yield from ((w, Trust.OBSERVED) for w in self._in(namespace, wanted))
        if namespace:
            yield from ((w, Trust.CLAIMED) for w in self._in("", wanted))
        elif len(self._by) > ("" in self._by):
            if self._every is None:
                self._every = Labelled(_pod_labels(w) for w in self._all)
            found = (self._all[i] for i in self._every.select(wanted))
            yield from ((w, Trust.CLAIMED) for w in found if w.namespace)

    def _in(self, namespace: str, wanted: Selector) -> Iterator[Workload]:
        those, labels = self._by.get(namespace, ([], None))
        if labels is not None:
            yield from (those[i] for i in labels.select(wanted))


def _pod_labels(workload: Workload) -> dict[str, str]:
    return workload.pod_labels or (workload.labels if workload.kind == "Pod" else {})


def _edge(src: Object, relation: str, dst: Object, trust: Trust) -> Edge:
    return Edge(src.ref, relation, dst.ref, trust, evidence=src.path, by=BY)


def _policies(kinds: dict[type, list[Any]], pods: _Pods) -> Iterator[Edge]:
    for policy in kinds.get(NetworkPolicy, ()):
        wanted = selector(policy.spec.get("podSelector"))
        if wanted is not None:
            for workload, trust in pods.select(wanted, policy.namespace):
                yield _edge(policy, "selects", workload, trust)


def _foreign(kinds: dict[type, list[Any]], pods: _Pods) -> Iterator[Edge]:
    for resource in kinds.get(Resource, ()):
        if resource.kind in _POLICIES:
            for workload, _ in pods.select(Selector(), resource.namespace):
                yield _edge(resource, "selects", workload, Trust.CLAIMED)


def _services(kinds: dict[type, list[Any]], pods: _Pods) -> Iterator[Edge]:
    for service in kinds.get(Service, ()):
        wanted = equality(service.spec.get("selector"))
        if wanted is not None and wanted.wants:
            for workload, trust in pods.select(wanted, service.namespace):
                yield _edge(service, "selects", workload, trust)


class _Named:
    """Objects of one type by name, found from a namespace."""

    def __init__(self, items: Iterable[Object]) -> None:
        self._by: dict[str, list[Object]] = {}
        for item in items:
            self._by.setdefault(item.name, []).append(item)

    def find(self, name: str, namespace: str) -> Iterator[tuple[Object, Trust]]:
        """Yield the objects *name* in *namespace*, and those that may be there."""
        for item in self._by.get(name, ()):
            if item.namespace == namespace:
                yield item, Trust.OBSERVED
            elif not item.namespace or not namespace:
                yield item, Trust.CLAIMED


def _routes(kinds: dict[type, list[Any]]) -> Iterator[Edge]:
    services = _Named(kinds.get(Service, ()))
    for route in kinds.get(Route, ()):
        for name, namespace in sorted(set(_backends(route))):
            for service, trust in services.find(name, namespace or route.namespace):
                yield _edge(route, "exposes", service, trust)


def _backends(route: Route) -> Iterator[tuple[str, str]]:
    """Yield name and namespace of the services that an Ingress or a route leads to."""
    spec = route.spec
    if route.kind == "Route":  # of OpenShift
        for target in _dicts([spec.get("to"), *_dicts(spec.get("alternateBackends"))]):
            if isinstance(target.get("name"), str) and target.get("kind", "Service") == "Service":
                yield target["name"], ""
    for key in ("defaultBackend", "backend"):
        yield from _backend(spec.get(key))
    for rule in _dicts(spec.get("rules")):
        http = rule.get("http")
        for path in _dicts(http.get("paths") if isinstance(http, dict) else None):
            yield from _backend(path.get("backend"))
        for ref in _dicts(rule.get("backendRefs")):
            if ref.get("kind", "Service") == "Service" and isinstance(ref.get("name"), str):
                space = ref.get("namespace")
                yield ref["name"], space if isinstance(space, str) else ""


def _backend(backend: Any) -> Iterator[tuple[str, str]]:
    match backend:
        case {"service": {"name": str(name)}} | {"serviceName": str(name)}:
            yield name, ""
        case _:
            pass


def _bindings(kinds: dict[type, list[Any]]) -> Iterator[Edge]:
    roles = _Named(r for r in kinds.get(Role, ()) if r.kind == "Role")
    cluster = _Named(r for r in kinds.get(Role, ()) if r.kind == "ClusterRole")
    accounts = _Named(kinds.get(ServiceAccount, ()))
    for binding in kinds.get(Binding, ()):
        if binding.role_kind == "ClusterRole":
            found = ((role, Trust.OBSERVED) for role, _ in cluster.find(binding.role_name, ""))
        else:
            found = roles.find(binding.role_name, binding.namespace)  # type: ignore[assignment]
        for role, trust in found:
            yield _edge(binding, "grants", role, trust)
        for subject in binding.subjects:
            if subject.kind == "ServiceAccount":
                for account, trust in accounts.find(subject.name, subject.namespace):
                    yield _edge(binding, "to", account, trust)


def _workloads(kinds: dict[type, list[Any]]) -> Iterator[Edge]:
    spaces = {n.name: n for n in kinds.get(Namespace, ())}
    accounts = _Named(kinds.get(ServiceAccount, ()))
    secrets = _Named(kinds.get(Secret, ()))
    maps = _Named(kinds.get(ConfigMap, ()))
    for workload in kinds.get(Workload, ()):
        space = workload.namespace
        if space in spaces:
            yield _edge(workload, "in", spaces[space], Trust.OBSERVED)
        pod = workload.pod
        name = pod.service_account_name or pod.service_account or "default"
        for account, trust in accounts.find(name, space):
            yield _edge(workload, "runs-as", account, trust)
        for kind, name in sorted(set(read_by(workload))):
            for item, trust in (secrets if kind == "secret" else maps).find(name, space):
                yield _edge(workload, "reads", item, trust)


class _Everywhere:
    """What lies in any scope, for what was not found in one."""

    def __init__(self, objects: list[Object]) -> None:
        self._workloads = [o for o in objects if isinstance(o, Workload)]
        self._roles = {o.name for o in objects if o.kind == "Role"}
        self._pods: Labelled | None = None

    def has(self, item: Service | NetworkPolicy | Binding) -> bool:
        """Return whether what *item* is for lies anywhere."""
        if isinstance(item, Binding):
            return item.role_name in self._roles
        if self._pods is None:
            self._pods = Labelled(_pod_labels(w) for w in self._workloads)
        if isinstance(item, Service):
            wanted = equality(item.spec.get("selector"))
        else:
            wanted = selector(item.spec.get("podSelector"))
        return wanted is not None and self._pods.any(wanted)


def _looked(scope: Scope, related: set[str], everywhere: _Everywhere) -> Iterator[Object]:
    """Yield the objects of which it is known what else there is."""
    makers = {o.namespace for o in scope.objects if isinstance(o, Resource) and _makes_pods(o)}
    beside = {(_what(o), o.namespace, _folder(o)) for o in scope.objects}
    for item in scope.objects:
        match item:
            case Service() if not item.spec.get("selector"):
                yield item
                continue
            case Service() | NetworkPolicy():
                known = not _meets(item.namespace, makers)
                what = "workload"
            case Binding(role_kind="Role"):
                known, what = True, "role"
            case _:
                yield item
                continue
        if known and item.ref not in related:
            near = (what, item.namespace, _folder(item)) in beside
            known = near and item.namespace not in _SYSTEM and not everywhere.has(item)
        if known:
            yield item


def _what(item: Object) -> str:
    return "role" if item.kind == "Role" else "workload" if isinstance(item, Workload) else ""


def _folder(item: Object) -> str:
    return posixpath.dirname(item.path)


def _meets(namespace: str, others: set[str]) -> bool:
    return bool(others) and (not namespace or namespace in others or "" in others)


def _makes_pods(item: Resource) -> bool:
    return may_make(item.api_version, item.kind)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, dict))


def _too_many(scope: Scope) -> Problem:
    return Problem(
        scope.folder,
        f"the selectors here select more than {MOST_EDGES} times; they are not followed",
        advice="Scan the folders that are applied apart from each other one by one.",
        link=Link.RUNTIME,
    )
