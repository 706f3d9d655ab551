"""Which live objects say the same thing: pods and replica sets are told at their top-most owner.

A Deployment, its ReplicaSets and their pods are one workload. What an owner's template says
is told once, at the owner that no other owns; a pod or ReplicaSet is told too where it
differs (a webhook changed the pod, a roll-out is under way): the first of those that differ
in the same way. What the API server and the controllers add to every pod is no difference.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from keten.cluster.scopes import inside
from keten.model.kube import (
    Cluster,
    NetworkPolicy,
    Object,
    Resource,
    Service,
    Workload,
)
from keten.model.pod import Container, Resources, SecurityContext

DEPTH = 8
"""The longest chain of owners; Kubernetes' own are of three."""
_ACCESS = "kube-api-access-"
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
_ADDED = frozenset({
    "pod-template-hash", "controller-revision-hash", "pod-template-generation", "job-name",
    "controller-uid", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
})  # fmt: skip
"""Labels that controllers put on pods, and since 1.35 the API server, of the node that they are
bound to; a difference only where something selects by them."""
_INDEX = "JOB_COMPLETION_INDEX"
"""What the Job controller tells the pods of an indexed Job."""
_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROFILES = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}


class Settled(Struct, frozen=True):
    """What is told elsewhere, and what is told of what.

    *gone* maps the ref of an object that is not told of to that of the one it is told at.
    *changed* are nodes that now say what their pods do; *apart* maps the ref of an object
    that differs from its owner to the owner's.
    """

    gone: dict[str, str]
    changed: dict[str, Workload]
    apart: dict[str, str]
    repeated: frozenset[str] = frozenset()


def owned(node: object) -> bool:
    """Return whether it is not yet known if *node* is told at another."""
    return isinstance(node, Workload) and bool(node.uid) and bool(node.owner)


def settle(objects: Iterable[Object], clusters: Iterable[Cluster] = ()) -> Settled:
    """Return which of *objects* are told elsewhere; only live ones are.

    What was listed from one of *clusters* is told there: two snapshots of one cluster are two.
    """
    objects = list(objects)
    within = _Within(clusters)
    live, repeated = _once((item for item in objects if item.uid), within)
    workloads = [item for item in live if isinstance(item, Workload)]
    folding = _Folding(workloads, within, _ADDED - _selected(objects))
    for item in sorted(workloads, key=lambda item: (item.kind == "Pod", item.id)):
        if item.owner:
            folding.add(item)
    return Settled(
        {**repeated, **folding.gone}, folding.changed(), folding.apart, frozenset(repeated)
    )


def _selected(objects: Iterable[Object]) -> frozenset[str]:
    """Return the labels of controllers by which something selects, as a Service one pod of many."""
    found: set[str] = set()
    for item in objects:
        if isinstance(item, Service | NetworkPolicy) or (
            isinstance(item, Resource) and item.kind.endswith("NetworkPolicy")
        ):
            text = msgspec.json.encode(item.spec).decode()
            found.update(key for key in _ADDED if key in text)
    return frozenset(found)


class _Within:
    """Which cluster an object was listed from: the folder, "" for a dump's."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self._clusters = sorted(clusters, key=lambda item: (-len(item.id), item.id))

    def __call__(self, item: Object) -> str:
        return next((one.id for one in self._clusters if inside(item.path, one)), "")


def _once(objects: Iterable[Object], within: _Within) -> tuple[list[Object], dict[str, str]]:
    """Return each object once, and those that are there again with the one that is kept."""
    first: dict[tuple[str, ...], Object] = {}
    again: dict[str, str] = {}
    for item in sorted(objects, key=lambda item: (item.path, item.id)):
        key = (within(item), item.uid, item.kind, item.namespace, item.name)
        kept = first.setdefault(key, item)
        if kept is not item and kept.ref != item.ref:
            again[item.ref] = kept.ref
    return list(first.values()), again


class _Folding:
    def __init__(
        self, workloads: Sequence[Workload], within: _Within, added: frozenset[str]
    ) -> None:
        self._within = within
        self._added = added
        self.gone: dict[str, str] = {}
        self.apart: dict[str, str] = {}
        self._by: dict[tuple[str, ...], list[Workload]] = {}
        for item in workloads:
            key = (within(item), item.kind, item.namespace, item.name)
            self._by.setdefault(key, []).append(item)
        self._told: dict[tuple[str, bytes], Workload] = {}
        self._forms: dict[str, bytes] = {}
        self._pods: dict[str, list[Workload]] = {}
        self._nodes: dict[str, Workload] = {item.ref: item for item in workloads}

    def add(self, item: Workload) -> None:
        """Decide where *item* is told."""
        top = self._top(item)
        if item.kind == "ReplicaSet" and item.spec.get("replicas") == 0:
            self.gone[item.ref] = top.ref if top else ""  # kept to roll back to: nothing runs of it
            return
        form = _form(item, top or item, self._added)
        group = top.ref if top is not None else f"{self._within(item)} {_alike(item)}"
        if top is not None and form == self._form_of(top):
            at = top
        else:
            at = self._told.setdefault((group, form), item)
        if at is not item:
            self.gone[item.ref] = at.ref
            if item.kind == "Pod":
                self._pods.setdefault(at.ref, []).append(item)
        elif top is not None:
            self.apart[item.ref] = top.ref

    def changed(self) -> dict[str, Workload]:
        """Return the nodes that pods are told at, with what these say."""
        return {ref: _joined(self._nodes[ref], pods) for ref, pods in self._pods.items()}

    def _form_of(self, top: Workload) -> bytes:
        found = self._forms.get(top.ref)
        if found is None:
            found = self._forms[top.ref] = _form(top, top, self._added)
        return found

    def _top(self, item: Workload) -> Workload | None:
        """Return the top-most owner that is here, None where none is."""
        found: Workload | None = None
        at = item
        for _ in range(DEPTH):
            kind, _, name = at.owner.partition("/")
            key = (self._within(at), kind, at.namespace, name)
            above = _near(self._by.get(key, ()), at)
            if above is None or above is at:
                break
            found = at = above
        return found


def _near(candidates: Sequence[Workload], item: Workload) -> Workload | None:
    """Return the owner among objects of one name: that of the same cluster's folder."""
    if len(candidates) == 1:
        return candidates[0]
    root = item.path.partition("/")[0]
    near = [one for one in candidates if one.path.partition("/")[0] == root]
    return near[0] if len(near) == 1 else None


def _alike(item: Workload) -> str:
    """Return what pods have in common whose owner is not here; a node's static pods are alike."""
    kind, _, _ = item.owner.partition("/")
    owner = kind if kind == "Node" else item.owner
    return f"{item.path.partition('/')[0]} {item.namespace} {owner}"


def _joined(node: Workload, pods: Sequence[Workload]) -> Workload:
    everyone = [node, *pods]
    images: dict[str, set[str]] = {}
    for pod in everyone:
        for name, digests in pod.image_ids.items():
            images.setdefault(name, set()).update(digests)
    return structs.replace(
        node,
        nodes=tuple(sorted({name for pod in everyone for name in pod.nodes})),
        pod_ips=tuple(sorted({ip for pod in everyone for ip in pod.pod_ips})),
        image_ids={name: tuple(sorted(images[name])) for name in sorted(images)},
    )


def _form(item: Workload, top: Workload, added: frozenset[str]) -> bytes:
    """Return what of a workload's pods may differ from their owner's template."""
    pod = item.pod
    claims = _claims(top) if top.kind == "StatefulSet" else frozenset[str]()
    account = pod.service_account_name or pod.service_account
    notes = item.pod_annotations or (item.annotations if item.kind == "Pod" else {})
    armor = {
        key.removeprefix(_ARMOR): _profile(notes[key]) for key in notes if key.startswith(_ARMOR)
    }

    def plain_of(one: Container) -> Container:
        return _plain(one, armor.get(one.name), host_network=pod.host_network)

    plain = structs.replace(
        pod,
        containers=tuple(map(plain_of, pod.containers)),
        init_containers=tuple(map(plain_of, pod.init_containers)),
        volumes=tuple(
            volume
            for volume in pod.volumes
            if not str(volume.get("name", "")).startswith(_ACCESS)
            and not (volume.get("name") in claims and "persistentVolumeClaim" in volume)
        ),
        service_account_name="" if account == "default" else account,
        service_account="",
        node_name="",
        affinity=None,
        tolerations=(),
        topology_spread_constraints=(),
        image_pull_secrets=(),
        priority_class_name="",
        security_context=pod.security_context or None,
    )
    own = item.pod_labels or (item.labels if item.kind == "Pod" else {})
    labels = sorted((key, value) for key, value in own.items() if key not in added)
    return msgspec.msgpack.encode((plain, labels))


def _plain(container: Container, armor: dict[str, Any] | None, *, host_network: bool) -> Container:
    """Return *container* without what the server and the controllers add to a pod's.

    Of a pod, but not of a template, the server writes the AppArmor profile of an annotation
    (*armor*) into its field too, and the host's ports in the host's network.
    """
    mounts = tuple(mount for mount in container.volume_mounts if mount.get("mountPath") != _TOKEN)
    context, ports = container.security_context, container.ports
    if armor is not None and (context is None or context.app_armor_profile is None):
        context = structs.replace(context or SecurityContext(), app_armor_profile=armor)
    if host_network:
        shown = [{**port, "hostPort": port.get("containerPort")} for port in ports]
        ports = tuple(dict(sorted(port.items())) for port in shown)
    return structs.replace(
        container,
        volume_mounts=mounts,
        resources=Resources(),
        security_context=context,
        ports=ports,
        env=tuple(one for one in container.env if one.name != _INDEX),
    )


def _profile(text: str) -> dict[str, Any] | None:
    """Return what an AppArmor annotation says, as its field does; None where that is nothing."""
    kind, slash, name = text.partition("/")
    if kind == "localhost" and slash:
        return {"type": "Localhost", "localhostProfile": name}
    return {"type": _PROFILES[text]} if text in _PROFILES else None


def _claims(top: Workload) -> frozenset[str]:
    """Return the names of the volumes that a StatefulSet's claims become."""
    templates = top.spec.get("volumeClaimTemplates")
    found = set()
    for template in templates if isinstance(templates, list | tuple) else ():
        match template:
            case {"metadata": {"name": str(name)}}:
                found.add(name)
            case _:
                pass
    return frozenset(found)
