"""Who takes part: the pods of workloads and virtual machines, each kind of pod once.

The pods of one controller are one peer. Live pods belong to their top-most owner; the labels
that controllers add to tell their pods apart do not part them, unless a policy selects by
such a label. Two pods of one owner with other labels are two peers: a policy may tell them
apart.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct, structs

from keten.cluster.network import machines
from keten.model.kube import Object, Resource, Workload

DEFAULT = "default"
"""The namespace of an object that does not say one."""
_MADE_BY_CONTROLLERS = {
    "pod-template-hash", "controller-revision-hash", "pod-template-generation",
    "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "job-name",
    "controller-uid", "batch.kubernetes.io/job-completion-index", "rollouts-pod-template-hash",
    "deployment", "deploymentconfig", *machines.LAUNCHER_LABELS,
}  # fmt: skip
_OWNERS = 8  # steps from a pod to its top-most owner
_MULTUS = "k8s.v1.cni.cncf.io/networks"

NamedPort = tuple[str, str, int]


class Peer(Struct, frozen=True):
    """Pods that no policy can tell apart by what made them.

    *refs* are the objects they come from. *named* are the container ports that have a name:
    (name, protocol, number), *declared* the numbers of all that are declared. *attached* is
    what the pods say of further networks, as ``namespace/name``.
    """

    namespace: str
    name: str
    kind: str
    labels: Mapping[str, str]
    refs: tuple[str, ...] = ()
    named: tuple[NamedPort, ...] = ()
    declared: frozenset[int] = frozenset()
    host: bool = False
    attached: tuple[str, ...] = ()
    account: str = ""
    annotations: Mapping[str, str] = {}
    mark: str = ""
    ips: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return ``namespace/name[Kind]``; where one owner has several peers, told apart."""
        return f"{self.namespace}/{self.name}[{self.kind}]{self.mark}"

    @property
    def look(self) -> tuple[Any, ...]:
        """Return what policies can see of it, but for its addresses."""
        labels = frozenset(self.labels.items())
        return (
            self.namespace, labels, self.named, self.declared, self.host, self.attached,
            self.account,
        )  # fmt: skip

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return what policies can see of it."""
        return (*self.look, self.ips)


def peers(
    objects: Iterable[Object], used: AbstractSet[str], *, addressed: bool = False
) -> list[Peer]:
    """Return the peers among *objects*, sorted; *used* are the label keys that policies name.

    *addressed*: policies tell pods apart by their addresses, too.
    """
    ignored = _MADE_BY_CONTROLLERS - used
    workloads: list[Workload] = []
    others: list[Resource] = []
    for item in objects:
        if isinstance(item, Workload):
            workloads.append(item)
        elif machines.makes_pods(item):
            assert isinstance(item, Resource)
            others.append(item)
    owners: dict[tuple[str, str], str] = {
        (o.namespace, o.title): o.owner
        for o in (*workloads, *others)
        if o.owner and o.kind != "Pod"
    }
    known = {(w.namespace, w.title) for w in workloads}
    made: dict[tuple[Any, ...], Peer] = {}
    for w in workloads:
        if _has_pods(w, known):
            peer = _of_workload(w, _top(w, owners), ignored)
            _add(made, structs.replace(peer, ips=w.pod_ips) if addressed else peer)
    live = {(p.namespace, f"{p.kind}/{p.name}") for p in made.values()}
    there = {(o.namespace or DEFAULT, o.title) for o in others}
    for other in others:
        title = _top(other, owners)
        above = (other.namespace or DEFAULT, title)
        if above not in live and (title == other.title or above not in there):
            _add(made, _of_template(other, title))
    return _told_apart(sorted(made.values(), key=_order))


def _has_pods(workload: Workload, known: AbstractSet[tuple[str, str]]) -> bool:
    """Return whether a workload has pods of its own.

    Not what another that is there made of itself: a ReplicaSet of a Deployment, a Job of a
    CronJob; but a live one that was kept differs from it, while a roll-out is under way.
    """
    if workload.kind == "Pod" or (workload.namespace, workload.owner) not in known:
        return True
    return bool(workload.uid) and workload.spec.get("replicas") != 0


def _top(workload: Workload | Resource, owners: Mapping[tuple[str, str], str]) -> str:
    """Return the title of the top-most owner."""
    title = workload.title
    above = workload.owner
    for _ in range(_OWNERS):
        if not above or above.startswith("Node/"):  # a static pod has no controller
            break
        title = above
        above = owners.get((workload.namespace, title), "")
    return title


def _of_workload(w: Workload, title: str, ignored: AbstractSet[str]) -> Peer:
    kind, _, name = title.partition("/")
    labels = w.pod_labels or (w.labels if w.kind == "Pod" else {})
    if w.owner:
        labels = {key: value for key, value in labels.items() if key not in ignored}
    annotations = w.pod_annotations or (w.annotations if w.kind == "Pod" else {})
    named, declared = _numbered(_ports(w))
    namespace = w.namespace or DEFAULT
    return Peer(
        namespace=namespace,
        name=name,
        kind=kind or "Pod",
        labels=labels,
        refs=(w.ref,),
        named=named,
        declared=declared,
        host=w.pod.host_network,
        attached=tuple(_attached(annotations.get(_MULTUS, ""), namespace)),
        account=w.pod.service_account_name or w.pod.service_account or "default",
        annotations=annotations,
    )


def _of_template(item: Resource, title: str) -> Peer:
    """Return the pods that a machine or a template makes."""
    made = machines.template(item)
    namespace = item.namespace or DEFAULT
    kind, _, name = title.partition("/")
    named, declared = _numbered(machines.ports(made))
    networks = machines.attached(made, namespace)
    return Peer(
        namespace=namespace,
        name=name,
        kind=kind,
        labels=made.labels,
        refs=(item.ref,),
        named=named,
        declared=declared,
        host=not made.machine and made.spec.get("hostNetwork") is True,
        attached=networks or tuple(_attached(made.annotations.get(_MULTUS, ""), namespace)),
        account=machines.account(made),
        annotations=made.annotations,
    )


def _numbered(ports: Iterable[Mapping[str, Any]]) -> tuple[tuple[NamedPort, ...], frozenset[int]]:
    """Return the ports that have a name, and the numbers of all."""
    named: list[NamedPort] = []
    declared: set[int] = set()
    for port in ports:
        number = port.get("containerPort")
        if isinstance(number, int) and not isinstance(number, bool):
            declared.add(number)
            if isinstance(port.get("name"), str):
                named.append((port["name"], str(port.get("protocol") or "TCP"), number))
    return tuple(named), frozenset(declared)


def _ports(workload: Workload) -> Iterator[dict[str, Any]]:
    """Yield the ports of containers, and of sidecars among the init containers."""
    for container in workload.pod.containers:
        yield from container.ports
    for container in workload.pod.init_containers:
        if container.restart_policy == "Always":
            yield from container.ports


def _attached(said: str, namespace: str) -> Iterator[str]:
    """Yield the networks of a Multus annotation: a list of names, or JSON (its specification)."""
    if said.lstrip().startswith("["):
        import msgspec

        try:
            items = msgspec.json.decode(said)
        except msgspec.DecodeError:
            return
        for item in items:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield f"{item.get('namespace') or namespace}/{item['name']}"
        return
    for item in said.split(","):
        name = item.strip().partition("@")[0]
        if name:
            yield name if "/" in name else f"{namespace}/{name}"


def _add(made: dict[tuple[Any, ...], Peer], peer: Peer) -> None:
    key = (peer.name, peer.kind, peer.look)
    there = made.get(key)
    if there is None:
        made[key] = peer
    else:
        ips = tuple(sorted({*there.ips, *peer.ips}))
        made[key] = structs.replace(there, refs=(*there.refs, *peer.refs), ips=ips)


def _told_apart(found: list[Peer]) -> list[Peer]:
    """Return *found* with a mark where one owner has several: the labels that differ."""
    groups: dict[str, list[Peer]] = {}
    for peer in found:
        groups.setdefault(peer.title, []).append(peer)
    made = []
    for group in groups.values():
        if len(group) == 1:
            made += group
            continue
        shared = set.intersection(*(set(peer.labels.items()) for peer in group))
        for i, peer in enumerate(group):
            own = sorted(set(peer.labels.items()) - shared)
            said = ",".join(f"{key}={value}" for key, value in own) or f"#{i + 1}"
            made.append(structs.replace(peer, mark=f"{{{said}}}"))
    return made


def _order(peer: Peer) -> tuple[Any, ...]:
    return (peer.namespace, peer.name, peer.kind, sorted(peer.labels.items()), peer.refs)


def by_title(found: Iterable[Peer]) -> Callable[[str], list[Peer]]:
    """Return a finder of peers by what people write: title, namespace/name, Kind/name, name."""
    names: dict[str, list[Peer]] = {}
    for peer in found:
        plain = f"{peer.namespace}/{peer.name}[{peer.kind}]"
        for name in {
            peer.title, plain, f"{peer.namespace}/{peer.name}", peer.name,
            f"{peer.kind}/{peer.name}", f"{peer.namespace}/{peer.kind}/{peer.name}",
        }:  # fmt: skip
            names.setdefault(name, []).append(peer)
    return lambda name: names.get(name, [])
