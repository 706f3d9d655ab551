"""What of a cluster the Internet reaches, and what reaches the metadata address of the cloud.

Policies alone open nothing: an address of the cluster is mostly not to be had from outside. So
the Internet reaches a pod where an entry leads to it *and* policies let it in: a route through
its controller, a service with an address of its own, a port of the node.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.addresses import METADATA, block
from keten.cluster.network.entries import Entry
from keten.cluster.network.listing import through
from keten.cluster.network.peers import Peer
from keten.cluster.network.policies import NODES
from keten.cluster.network.ports import NONE, Ports, ports
from keten.cluster.network.reach import Flow, Network
from keten.cluster.network.spans import minus
from keten.model.kube import Service, Workload

_OWN = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
)  # fmt: skip
"""Blocks that are no part of the Internet (RFC 6890)."""


class Exposed(Struct, frozen=True):
    """A peer that the Internet reaches: on which ports, by what."""

    peer: Peer
    by: str
    ref: str
    flow: Flow


def internet() -> tuple[tuple[int, int], ...]:
    """Return the addresses of IPv4 that belong to the Internet."""
    left = addresses.FOURS
    for cidr in _OWN:
        left = minus(left, block(cidr) or ())
    return left


def from_internet(network: Network) -> Iterator[Exposed]:
    """Yield each way in, in the order of peers and entries."""
    ways: dict[int, list[Entry]] = {}
    for entry in network.entries:
        ways.setdefault(entry.shape, []).append(entry)
    services = {item.ref: item for item in network.objects if isinstance(item, Service)}
    workloads = {item.ref: item for item in network.objects if isinstance(item, Workload)}
    for peer in network.peers:
        for entry in ways.get(network.place(peer), ()):
            let = (
                _direct(network, peer, services.get(entry.ref))
                if entry.through
                else through(network, peer)
            )
            flow = Flow(let.sure & entry.ports, let.may & entry.ports)
            if flow.may:
                yield Exposed(peer, entry.title, entry.ref, flow)
        yield from _by_node(peer, workloads)


def through_service(network: Network, service: Service) -> Iterator[Exposed]:
    """Yield the peers that outside addresses reach through *service* itself."""
    for entry in network.entries:
        if entry.ref == service.ref and entry.through:
            for peer in network.pods.of_shape[entry.shape]:
                let = _direct(network, peer, service)
                flow = Flow(let.sure & entry.ports, let.may & entry.ports)
                if flow.may:
                    yield Exposed(peer, entry.title, entry.ref, flow)


def _direct(network: Network, peer: Peer, service: Service | None) -> Flow:
    """Return what reaches *peer* straight: from clients' addresses, or from nodes that pass on."""
    ranges = service.spec.get("loadBalancerSourceRanges") if service is not None else None
    wanted = internet()
    if isinstance(ranges, list) and ranges:
        said = [block(item) or () for item in ranges]
        wanted = tuple(span for those in said for span in those)
    clients = outside(network, peer, wanted)
    if service is not None and service.spec.get("externalTrafficPolicy") == "Local":
        return clients
    universe = network.judge.universes["ingress"]
    nodes = _of(network, peer, universe.entity(NODES))
    # The address that the pod sees is the client's or a node's: both must be let in to be sure.
    return Flow(clients.sure & nodes.sure, clients.may | nodes.may)


def outside(network: Network, peer: Peer, wanted: tuple[tuple[int, int], ...]) -> Flow:
    """Return what some address of *wanted* may send to *peer*."""
    sure, may = NONE, NONE
    for (low, high), flow in network.from_outside(peer):
        if any(low <= b and a <= high for a, b in wanted):
            sure |= flow.sure
            may |= flow.may
    return Flow(sure, may)


def _of(network: Network, peer: Peer, bit: int) -> Flow:
    for sure, may, who in network.judge.parts("ingress", network.place(peer)):
        if who & bit:
            return Flow(sure, may)
    return Flow(NONE, NONE)


def _by_node(peer: Peer, workloads: Mapping[str, Workload]) -> Iterator[Exposed]:
    """Yield ports that pods take of their node; whether it has a public address is not known."""
    for ref in peer.refs:
        taken = _host_ports(workloads[ref]) if ref in workloads else NONE
        if taken:
            yield Exposed(peer, "port of the node", ref, Flow(NONE, taken))
            return  # the pods of one peer are alike


def _host_ports(workload: Workload) -> Ports:
    taken = NONE
    for container in workload.pod.containers:
        for port in container.ports:
            number = port.get("containerPort" if workload.pod.host_network else "hostPort")
            if isinstance(number, int) and not isinstance(number, bool) and number > 0:
                taken |= ports(str(port.get("protocol") or "TCP"), [(number, number)])
    return taken


def to_metadata(network: Network, peer: Peer) -> Flow:
    """Return what is open from *peer* to the metadata address (169.254.169.254), of TCP 80."""
    web = ports("TCP", [(80, 80)])
    ((_, flow),) = network.to_outside(peer, METADATA)
    return Flow(flow.sure & web, flow.may & web)


def to_internet(network: Network, peer: Peer) -> Flow:
    """Return what some address of the Internet may be sent by *peer*."""
    sure, may = NONE, NONE
    wanted = internet()
    for (low, high), flow in network.to_outside(peer):
        if any(low <= b and a <= high for a, b in wanted):
            sure |= flow.sure
            may |= flow.may
    return Flow(sure, may)
