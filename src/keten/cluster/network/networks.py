"""The networks of a cluster: the one of all pods, and those that users define.

A primary user-defined network (OVN-Kubernetes) takes the place of the pod network for the
pods of its namespaces: nothing crosses from one into the other. A further network (Multus)
adds to it; only policies that name it hold there.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from keten.cluster.network.peers import DEFAULT
from keten.cluster.network.selection import Pods, gathered
from keten.cluster.selectors import selector
from keten.model.kube import Object, Resource

POD_NETWORK = "pod-network"
_PRIMARY = "k8s.ovn.org/primary-user-defined-network"
_SHARED = "ovn-k8s-cni-overlay"
_MAKERS = ("UserDefinedNetwork", "ClusterUserDefinedNetwork")
_LONGEST = 1 << 16  # characters of a CNI configuration


class Net(Struct, frozen=True):
    """One network: its *kind* (``UDN``, ``CUDN``, ``NAD``, "" for the pods' own), its members.

    *attachments* are the names, ``namespace/name``, by which policies and pods know it.
    """

    name: str
    kind: str
    members: int
    primary: bool = True
    attachments: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Return how it is named: ``green[UDN]``, ``pod-network``."""
        return f"{self.name}[{self.kind}]" if self.kind else self.name

    @property
    def heading(self) -> str:
        """Return how people are told of it: ``primary UDN green``."""
        if not self.kind:
            return "Pod network"
        return f"{'primary' if self.primary else 'secondary'} {self.kind} {self.name}"


def networks(objects: Iterable[Object], pods: Pods) -> list[Net]:
    """Return the pod network first, then those that take its place, then the further ones."""
    resources = [item for item in objects if isinstance(item, Resource)]
    first: list[Net] = []
    later: list[Net] = []
    for item in resources:
        match item.kind:
            case "UserDefinedNetwork":
                _namespaced(item, pods, first, later)
            case "ClusterUserDefinedNetwork":
                _clusterwide(item, pods, first, later)
    definitions = [r for r in resources if r.kind == "NetworkAttachmentDefinition"]
    first += _primaries(definitions, pods)
    later += _attached(definitions, pods)
    taken = 0
    primaries = []
    order = ("UDN", "CUDN", "NAD")
    for net in sorted(first, key=lambda n: (order.index(n.kind), n.name)):
        mine = net.members & ~taken
        taken |= mine
        if mine:
            primaries.append(msgspec.structs.replace(net, members=mine))
    own = Net(POD_NETWORK, "", pods.all & ~taken)
    further = sorted((n for n in later if n.members), key=lambda n: (n.kind, n.name))
    return [own, *primaries, *further]


def _role(spec: dict[str, Any]) -> str:
    for layer in ("layer2", "layer3", "localnet"):
        said = spec.get(layer)
        if isinstance(said, dict):
            return str(said.get("role") or "")
    return ""


def _namespaced(item: Resource, pods: Pods, first: list[Net], later: list[Net]) -> None:
    space = item.namespace or DEFAULT
    inside = pods.in_space.get(space, 0) & pods.subject
    if _role(item.spec) == "Primary":
        if _PRIMARY in pods.space_labels.get(space, {}):
            first.append(Net(space, "UDN", inside))
        return
    name = f"{space}/{item.name}"
    members = _attached_to({name}, pods)
    later.append(Net(item.name, "UDN", members, primary=False, attachments=frozenset({name})))


def _clusterwide(item: Resource, pods: Pods, first: list[Net], later: list[Net]) -> None:
    wanted = selector(item.spec.get("namespaceSelector") or {})
    network = item.spec.get("network")
    if wanted is None or not isinstance(network, dict):
        return
    spaces = pods.spaces(wanted)
    if _role(network) == "Primary":
        members = 0
        for space in spaces:
            if _PRIMARY in pods.space_labels[space]:
                members |= pods.in_space.get(space, 0) & pods.subject
        first.append(Net(item.name, "CUDN", members))
        return
    names = frozenset(f"{space}/{item.name}" for space in spaces)
    members = _attached_to(names, pods)
    later.append(Net(item.name, "CUDN", members, primary=False, attachments=names))


def _primaries(definitions: Iterable[Resource], pods: Pods) -> list[Net]:
    """Return the networks of definitions that take the pod network's place in their namespaces.

    Definitions that a user-defined network made are that network.
    """
    members: dict[str, int] = {}
    for item in definitions:
        config = _config(item)
        space = item.namespace or DEFAULT
        made = item.owner.partition("/")[0] in _MAKERS
        if made or (config.get("role"), config.get("type")) != ("primary", _SHARED):
            continue
        if _PRIMARY in pods.space_labels.get(space, {}):
            name = str(config.get("name") or item.name)
            mine = pods.in_space.get(space, 0) & pods.subject
            members[name] = members.get(name, 0) | mine
    return [Net(name, "NAD", those) for name, those in sorted(members.items())]


def _attached(definitions: Sequence[Resource], pods: Pods) -> list[Net]:
    """Return the further networks of attachment definitions: those of one name are one network.

    Of OVN-Kubernetes' own plugin the configuration's name is the network's.
    """
    groups: dict[str, set[str]] = {}
    shown: dict[str, str] = {}
    for item in definitions:
        config = _config(item)
        if item.owner.partition("/")[0] in _MAKERS or config.get("role") == "primary":
            continue
        key = item.name
        if config.get("type") == _SHARED:
            key = str(config.get("name") or item.name)
        groups.setdefault(key, set()).add(f"{item.namespace or DEFAULT}/{item.name}")
        shown[key] = min(shown.get(key, item.name), item.name)
    return [
        Net(shown[key], "NAD", _attached_to(names, pods), primary=False,
            attachments=frozenset(names))
        for key, names in sorted(groups.items())
    ]  # fmt: skip


def _config(item: Resource) -> dict[str, Any]:
    """Return the CNI configuration of a definition; {} where it is none."""
    text = item.spec.get("config")
    if not isinstance(text, str) or len(text) > _LONGEST:
        return {}
    try:
        config = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _attached_to(names: Iterable[str], pods: Pods) -> int:
    wanted = set(names)
    those = (i for i, peer in enumerate(pods.shapes) if not wanted.isdisjoint(peer.attached))
    return gathered(those, pods.count)
