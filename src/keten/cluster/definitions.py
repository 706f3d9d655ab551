"""The custom resource definitions of a cluster: how many objects each has, and who tends them.

Who tends the objects of a definition is told by, in this order: the service that converts
them; accounts whose rules name the API group and may watch and write its objects, first of
them those that write their status; the release that made it (Helm, labels of
kubernetes.io/docs/concepts/overview/working-with-objects/common-labels, OLM). Rights over every
group tell nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from keten.cluster.rbac.requests import Identity
from keten.cluster.rbac.rights import Rights
from keten.cluster.scopes import Scope
from keten.cluster.selectors import Labelled, equality
from keten.model.kube import Object, Resource, Route, Rule, Service, Workload

ServiceName = tuple[str, str]
"""Namespace and name of a Service."""
_RELEASE = (
    "meta.helm.sh/release-name", "helm.sh/chart", "app.kubernetes.io/part-of",
    "app.kubernetes.io/instance", "app.kubernetes.io/name", "chart", "release",
)  # fmt: skip
_OLM = "operators.coreos.com/"
_WRITES = {"update", "patch", "*"}
_WATCHES = {"watch", "*"}


class By(StrEnum):
    """What tells who tends the objects of a definition."""

    CONVERSION = "conversion"
    RIGHTS = "rights"
    RELEASE = "release"


class Definition(Struct, frozen=True, kw_only=True):
    """A CustomResourceDefinition. *count* is how many objects of it there are, None not known.

    *service* answers for its conversion webhook, *url* where that lies outside the cluster.
    """

    item: Resource
    group: str
    plural: str
    kind: str
    local: bool
    count: int | None
    service: ServiceName | None = None
    url: str = ""

    @property
    def name(self) -> str:
        """Return how RBAC and kubectl name it: ``plural.group``."""
        return f"{self.plural}.{self.group}"


class Tending(Struct, frozen=True):
    """What an account may do to the objects of which definitions, all by rules that name groups.

    Names are ``plural.group``. *tends*: may watch and write; *rules*: also their status.
    """

    tends: frozenset[str]
    rules: frozenset[str]


class Behind:
    """Which workloads' pods stand behind a service."""

    def __init__(self, objects: Iterable[Object]) -> None:
        every = list(objects)
        self._services = {(o.namespace, o.name): o for o in every if isinstance(o, Service)}
        self._workloads: dict[str, list[Workload]] = {}
        for item in every:
            if isinstance(item, Workload):
                self._workloads.setdefault(item.namespace, []).append(item)
        self._labels: dict[str, Labelled] = {}

    def __contains__(self, name: ServiceName) -> bool:
        """Return whether there is such a service."""
        return name in self._services

    def of(self, name: ServiceName | None) -> Sequence[Workload]:
        """Return the workloads that a service selects; none where it has no selector."""
        service = self._services.get(name) if name else None
        wanted = equality(service.spec.get("selector") or {}) if service else None
        if service is None or wanted is None or not wanted.wants:
            return ()
        those = self._workloads.get(service.namespace, [])
        known = self._labels.get(service.namespace)
        if known is None:
            known = self._labels[service.namespace] = Labelled(_pod_labels(item) for item in those)
        return [those[i] for i in known.select(wanted)]


def definitions(scope: Scope) -> list[Definition]:
    """Return the definitions of *scope*, by name."""
    counts = Counter(
        (item.api_version.partition("/")[0], item.kind)
        for item in scope.objects
        if isinstance(item, Resource | Route)
    )
    found = (
        _read(item, counts, scope)
        for item in scope.objects
        if isinstance(item, Resource) and item.kind == "CustomResourceDefinition"
    )
    return sorted(found, key=lambda one: (one.name, one.item.ref))


def answering(client: Any) -> tuple[ServiceName | None, str]:
    """Return the service and the URL that a ``clientConfig`` names, each where it does."""
    if not isinstance(client, dict):
        return None, ""
    url = client.get("url")
    match client.get("service"):
        case {"name": str(name), "namespace": str(space)}:
            return (space, name), ""
        case _:
            return None, url if isinstance(url, str) else ""


def conversion(spec: Mapping[str, Any]) -> tuple[ServiceName | None, str]:
    """Return who converts the objects of a definition between its versions."""
    match spec.get("conversion"):
        case {"strategy": "Webhook", "webhook": {"clientConfig": client}}:
            return answering(client)
        case {"strategy": "Webhook", "webhookClientConfig": client}:
            return answering(client)
        case _:
            return None, ""


def tending(rights: Rights, identity: Identity, known: Iterable[Definition]) -> Tending:
    """Return the definitions whose objects *identity* may watch and write."""
    groups: dict[str, list[Definition]] = {}
    for one in known:
        groups.setdefault(one.group, []).append(one)
    watched, written, ruled = set[str](), set[str](), set[str]()
    for ground in rights.everything(identity):
        rule = ground.said.rule
        verbs = set(rule.verbs)
        for one in (d for group in rule.api_groups for d in groups.get(group, ())):
            if _WATCHES & verbs and _over(rule, one.plural):
                watched.add(one.name)
            if not _WRITES & verbs:
                continue
            if _over(rule, one.plural):
                written.add(one.name)
            if _over(rule, f"{one.plural}/status", f"{one.plural}/finalizers", "*/status"):
                ruled.add(one.name)
    return Tending(frozenset(watched & (written | ruled)), frozenset(watched & ruled))


class Releases:
    """Workloads by what tells the release that they are of."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._by: dict[tuple[str, str], list[Workload]] = {}
        for item in workloads:
            for mark in _marks(item):
                self._by.setdefault(mark, []).append(item)

    def of(self, item: Object) -> list[Workload]:
        """Return those that the strongest mark they share says to be of the release of *item*."""
        return next((self._by[mark] for mark in _marks(item) if mark in self._by), [])


def release_of(item: Object) -> str:
    """Return the name of the product an object is of, as labels say it; "" where none does."""
    said = item.labels
    name = said.get("app.kubernetes.io/part-of") or item.annotations.get(_RELEASE[0], "")
    version = said.get("app.kubernetes.io/version", "")
    if not name:
        chart = said.get("helm.sh/chart") or said.get("chart", "")
        return chart or f"{said.get('app.kubernetes.io/name', '')} {version}".strip()
    return f"{name} {version}".strip()


def _marks(item: Object) -> Iterator[tuple[str, str]]:
    for key in _RELEASE:
        value = item.annotations.get(key) or item.labels.get(key)
        if value:
            yield key, value
    for key in sorted(item.labels):
        if key.startswith(_OLM):
            yield key, ""


def _read(item: Resource, counts: Mapping[tuple[str, str], int], scope: Scope) -> Definition:
    names = item.spec.get("names")
    names = names if isinstance(names, dict) else {}
    plural, _, group = item.name.partition(".")
    kind = names.get("kind")
    kind = kind if isinstance(kind, str) else ""
    service, url = conversion(item.spec)
    count: int | None = counts[group, kind]
    if scope.cluster is not None and item.name not in scope.cluster.listed:
        count = count or None  # it was not asked for: none seen is not none there
    return Definition(
        item=item,
        group=group,
        plural=plural,
        kind=kind or plural,
        local=item.spec.get("scope") != "Cluster",
        count=count,
        service=service,
        url=url,
    )


def _over(rule: Rule, *resources: str) -> bool:
    return "*" in rule.resources or any(resource in rule.resources for resource in resources)


def _pod_labels(workload: Workload) -> Mapping[str, str]:
    return workload.pod_labels or (workload.labels if workload.kind == "Pod" else {})
