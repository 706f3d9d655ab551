"""The third parties of a cluster, and how far each reaches.

A third party is a workload that other people's requests depend on, or that holds more than its
own: its account has dangerous rights, it answers webhooks or an aggregated API, or it tends
objects of custom kinds. What it may do is that of its service account, whoever wrote the code:
whoever takes over its pods, its image or its release has all of it.

Live pods and what owns them are one party. What nothing here answers is told apart (*loose*).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from keten.cluster.admission.lockout import ESSENTIAL, Hook, Sure
from keten.cluster.definitions import (
    Behind,
    By,
    Definition,
    Releases,
    ServiceName,
    Tending,
    answering,
    definitions,
    release_of,
)
from keten.cluster.holdings import Held, Holdings
from keten.model.finding import Severity
from keten.model.kube import Object, Resource, Workload

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster
    from keten.cluster.network.exposure import Exposed

T = TypeVar("T")
DANGEROUS = Severity.MEDIUM
"""From here on rights alone make a workload a third party, as ``keten rbac dangers`` has it."""
_OWNERS = 8  # steps from a pod to its top-most owner
_INJECTED = (
    "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca", "service.beta.openshift.io/inject-cabundle",
    "service.alpha.openshift.io/inject-cabundle",
)  # fmt: skip
_LISTS = {
    "webhooks": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    "aggregated APIs": ("apiservices",),
    "custom kinds": ("customresourcedefinitions",),
    "rights": ("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
    "workloads": (
        "pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs",
        "replicationcontrollers",
    ),
    "who answers": ("services",),
    "the Internet": ("ingresses", "networkpolicies", "gateways", "httproutes", "services"),
}  # fmt: skip


class Trust(StrEnum):
    """By what the API server knows that an aggregated API is what it takes it for."""

    NONE = "not verified"
    BUNDLE = "verified by its caBundle"
    INJECTED = "verified by a caBundle that is injected"
    ROOTS = "verified by the API server's own roots"


class Api(Struct, frozen=True):
    """An aggregated API: *item* sends ``group/version`` to *service*."""

    item: Resource
    service: ServiceName
    trust: Trust

    @property
    def name(self) -> str:
        """Return ``group/version``."""
        return f"{self.item.spec.get('group') or ''}/{self.item.spec.get('version') or ''}"


class Image(Struct, frozen=True):
    """An image as written; *fixed*: by digest. *runs* are the digests its live pods run."""

    name: str
    fixed: bool
    runs: tuple[str, ...] = ()


class Party(Struct, frozen=True, kw_only=True):
    """A third party: a *workload*, with the live ones it made, and its reach."""

    workload: Workload
    release: str
    held: Held
    hooks: tuple[Hook, ...]
    apis: tuple[Api, ...]
    definitions: tuple[tuple[Definition, By], ...]
    images: tuple[Image, ...]
    ways: tuple["Exposed", ...]

    @property
    def worst(self) -> Severity:
        """Return the severity of the most dangerous right that it holds."""
        return max((risk.severity for risk in self.held.risks), default=Severity.INFO)

    @property
    def title(self) -> str:
        """Return ``namespace/name[Kind]``."""
        space = f"{self.workload.namespace}/" if self.workload.namespace else ""
        return f"{space}{self.workload.name}[{self.workload.kind}]"


class Loose(Struct, frozen=True):
    """What is served by nothing that is here, or that is certain."""

    hooks: tuple[Hook, ...]
    apis: tuple[Api, ...]
    definitions: tuple[Definition, ...]


class ThirdParties:
    """The third parties of one cluster."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster
        self._behind = Behind(cluster.objects)
        self._groups = _groups(cluster.objects)
        self._tops = {item.ref: top for top, those in self._groups for item in those}
        self._releases = Releases(top for top, _ in self._groups)
        self.definitions = definitions(cluster.scope)
        self._holdings = Holdings(cluster, self.definitions)

    @property
    def unknown(self) -> dict[str, tuple[str, ...]]:
        """Return what is not known, each with the rights that listing the cluster lacked."""
        made = {}
        for what, plurals in _LISTS.items():
            lacked = [r for r in self._cluster.unlisted if _names(r) & set(plurals)]
            if lacked:
                made[what] = tuple(sorted(lacked))
        return made

    def has(self, service: ServiceName) -> bool:
        """Return whether there is such a service."""
        return service in self._behind

    def essential(self, hook: Hook) -> tuple[str, ...]:
        """Return what of the cluster's own needs certainly waits for *hook*."""
        asked = self._cluster.admission.asked
        return tuple(one.what for one in ESSENTIAL if asked(hook, one) is Sure.YES)

    @cached_property
    def found(self) -> tuple[Sequence[Party], Loose]:
        """Return the parties, those with the most dangerous rights first, and what is loose."""
        hooks, loose_hooks = self._by_top(
            self._cluster.admission.hooks, lambda hook: self._behind.of(hook.service)
        )
        apis, loose_apis = self._by_top(
            _apis(self._cluster.objects), lambda api: self._behind.of(api.service)
        )
        owned: dict[str, list[tuple[Definition, By]]] = {}
        loose = []
        for definition in self.definitions:
            tops, by = self._owners(definition)
            for top in tops:
                owned.setdefault(top.ref, []).append((definition, by))
            if not tops:
                loose.append(definition)
        ways = self._ways()
        made = [
            Party(
                workload=top,
                release=release_of(top),
                held=self._holdings.of(top),
                hooks=tuple(hooks.get(top.ref, ())),
                apis=tuple(apis.get(top.ref, ())),
                definitions=tuple(owned.get(top.ref, ())),
                images=_images(those),
                ways=tuple(ways.get(top.ref, ())),
            )
            for top, those in self._groups
        ]
        kept = [p for p in made if p.hooks or p.apis or p.definitions or p.held.risks]
        kept.sort(key=lambda party: (-party.worst, party.title, party.workload.ref))
        return kept, Loose(tuple(loose_hooks), tuple(loose_apis), tuple(loose))

    def _by_top(
        self, items: Iterable[T], behind: Callable[[T], Iterable[Workload]]
    ) -> tuple[dict[str, list[T]], list[T]]:
        made: dict[str, list[T]] = {}
        loose = []
        for item in items:
            tops = self._tops_of(behind(item))
            for top in tops:
                made.setdefault(top.ref, []).append(item)
            if not tops:
                loose.append(item)
        return made, loose

    def _tops_of(self, workloads: Iterable[Workload]) -> list[Workload]:
        found = {self._tops[item.ref].ref: self._tops[item.ref] for item in workloads}
        return [found[ref] for ref in sorted(found)]

    def _owners(self, definition: Definition) -> tuple[list[Workload], By]:
        """Return who tends the objects of *definition*, and what tells it."""
        if definition.service is not None:
            found = self._tops_of(self._behind.of(definition.service))
            if found:
                return found, By.CONVERSION
        found = self._ruling.get(definition.name) or self._tending.get(definition.name, [])
        if found:
            return Releases(found).of(definition.item) or found, By.RIGHTS
        found = self._releases.of(definition.item)
        return found if len(found) == 1 else [], By.RELEASE

    @cached_property
    def _ruling(self) -> dict[str, list[Workload]]:
        return self._by_definition(lambda held: held.rules)

    @cached_property
    def _tending(self) -> dict[str, list[Workload]]:
        return self._by_definition(lambda held: held.tends)

    def _by_definition(
        self, names: Callable[[Tending], Iterable[str]]
    ) -> dict[str, list[Workload]]:
        made: dict[str, list[Workload]] = {}
        for top, _ in self._groups:
            for name in names(self._holdings.tended(top)):
                made.setdefault(name, []).append(top)
        return made

    def _ways(self) -> dict[str, list["Exposed"]]:
        from keten.cluster.network.exposure import from_internet

        made: dict[str, list[Exposed]] = {}
        for way in from_internet(self._cluster.network):
            for top in sorted({self._tops[ref].ref for ref in way.peer.refs if ref in self._tops}):
                made.setdefault(top, []).append(way)
        return made


def _groups(objects: Iterable[Object]) -> list[tuple[Workload, list[Workload]]]:
    """Return the workloads by the top-most owner that is here, in the order of names."""
    every = [item for item in objects if isinstance(item, Workload)]
    known = {(item.namespace, item.title): item for item in reversed(every)}
    made: dict[str, list[Workload]] = {}
    tops: dict[str, Workload] = {}
    for item in every:
        top = item
        for _ in range(_OWNERS):
            above = known.get((top.namespace, top.owner)) if top.owner else None
            if above is None or above is top:
                break
            top = above
        tops[top.ref] = top
        made.setdefault(top.ref, []).append(item)
    order = sorted(tops.values(), key=lambda w: (w.namespace, w.name, w.kind, w.ref))
    return [(top, made[top.ref]) for top in order]


def _apis(objects: Iterable[Object]) -> Iterator[Api]:
    """Yield the APIs that other servers answer for; the API server's own have no service."""
    found = (o for o in objects if isinstance(o, Resource) and o.kind == "APIService")
    for item in sorted(found, key=lambda one: (one.name, one.ref)):
        service, _ = answering(item.spec)
        if service is not None:
            yield Api(item, service, trust(item))


def trust(item: Resource) -> Trust:
    """Return how the API server verifies the one that answers for an APIService."""
    if item.spec.get("insecureSkipTLSVerify") is True:
        return Trust.NONE
    if item.spec.get("caBundle"):
        return Trust.BUNDLE
    return Trust.INJECTED if any(k in item.annotations for k in _INJECTED) else Trust.ROOTS


def _images(workloads: Iterable[Workload]) -> tuple[Image, ...]:
    runs: dict[str, set[str]] = {}
    for item in workloads:
        for _, container in item.pod.all_containers():
            if container.image:
                found = runs.setdefault(container.image, set())
                found.update(item.image_ids.get(container.name, ()))
    return tuple(Image(name, "@sha" in name, tuple(sorted(runs[name]))) for name in sorted(runs))


def _names(right: str) -> set[str]:
    """Return the plurals that a missing right names."""
    return {word.partition(".")[0] for word in right.split()}
