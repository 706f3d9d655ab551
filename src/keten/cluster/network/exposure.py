"""What of a cluster the Internet reaches, and what reaches the metadata address of the cloud.

Policies alone open nothing: an address of the cluster is mostly not to be had from outside. So
the Internet reaches a pod where an entry leads to it *and* policies let it in: a route through
its controller, a service with an address of its own, a port of the node.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.addresses import METADATA, block
from keten.cluster.network.addressing import internal
from keten.cluster.network.entries import Entry
from keten.cluster.network.listing import through
from keten.cluster.network.peers import Peer
from keten.cluster.network.policies import NODES
from keten.cluster.network.ports import NONE, Ports, ports
from keten.cluster.network.reach import Flow, Network
from keten.cluster.network.spans import Spans, common, minus, union
from keten.model.kube import Object, Route, Service, Workload

_OWN = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
)  # fmt: skip
"""Blocks that are no part of the Internet (RFC 6890)."""
_SIXES = "2000::/3"
"""The part of IPv6 that is handed out as public (RFC 4291, IANA)."""


class Exposed(Struct, frozen=True):
    """A peer that the Internet reaches: on which ports, by what."""

    peer: Peer
    by: str
    ref: str
    flow: Flow


def internet() -> Spans:
    """Return the addresses of IPv4 that belong to the Internet."""
    left: Spans = addresses.FOURS
    for cidr in _OWN:
        left = minus(left, block(cidr) or ())
    return left


def from_internet(network: Network) -> Iterator[Exposed]:
    """Yield each way in, in the order of peers and entries."""
    ways: dict[int, list[Entry]] = {}
    for entry in network.entries:
        ways.setdefault(entry.shape, []).append(entry)
    sources = {item.ref: item for item in network.objects if isinstance(item, Service | Route)}
    workloads = {item.ref: item for item in network.objects if isinstance(item, Workload)}
    for peer in network.peers:
        for entry in ways.get(network.place(peer), ()):
            flow = _let(network, peer, entry, sources.get(entry.ref))
            if flow.may:
                yield Exposed(peer, entry.title, entry.ref, flow)
        yield from _by_node(peer, workloads)


def _let(network: Network, peer: Peer, entry: Entry, source: Object | None) -> Flow:
    """Return what an entry lets in from the Internet; no more than may be, where not all shows."""
    match source:
        case Service():
            let = _direct(network, peer, source)
        case _:
            let = through(network, peer)
    inner = internal(source.annotations) if source is not None else False
    if inner:
        return Flow(NONE, NONE)
    sure = let.sure & entry.ports if entry.sure and inner is False else NONE
    return Flow(sure, let.may & entry.ports)


_PUBLIC = union(internet(), block(_SIXES) or ())


def through_service(network: Network, service: Service) -> Iterator[Exposed]:
    """Yield the peers that outside addresses reach through *service* itself."""
    for entry in network.entries:
        if entry.ref == service.ref and entry.through:
            for peer in network.pods.of_shape[entry.shape]:
                flow = _let(network, peer, entry, service)
                if flow.may:
                    yield Exposed(peer, entry.title, entry.ref, flow)


def _direct(network: Network, peer: Peer, service: Service) -> Flow:
    """Return what reaches *peer* straight: from clients' addresses, or from nodes that pass on.

    Whether nodes, and the addresses of ``externalIPs``, can be had from the Internet is not in
    the objects; neither is what a balancer of another class is.
    """
    ranges = service.spec.get("loadBalancerSourceRanges")
    wanted = _PUBLIC
    if isinstance(ranges, list) and ranges:
        named: Spans = ()
        for item in ranges:
            named = union(named, block(item) or ())
        wanted = common(named, _PUBLIC)
    let = outside(network, peer, wanted)
    if service.spec.get("externalTrafficPolicy") != "Local" and wanted:
        universe = network.judge.universes["ingress"]
        nodes = _of(network, peer, universe.entity(NODES))
        # The address that the pod sees is the client's or a node's: both must be let in.
        let = Flow(let.sure & nodes.sure, let.may | nodes.may)
    balanced = service.spec.get("type") == "LoadBalancer"
    if balanced and service.spec.get("loadBalancerClass") in (None, ""):
        return let
    if not balanced and service.spec.get("type") != "NodePort":
        given = [block(ip) or () for ip in service.spec.get("externalIPs") or ()]
        if not any(common(one, _PUBLIC) for one in given):
            return Flow(NONE, NONE)
    return Flow(NONE, let.may)


def outside(network: Network, peer: Peer, wanted: Spans) -> Flow:
    """Return what some address of *wanted* may send to *peer*.

    Whether the cluster has addresses of IPv6 is not known: what these alone may, may be.
    """
    sure, may = NONE, NONE
    for (low, high), flow in network.from_outside(peer):
        if any(low <= b and a <= high for a, b in wanted):
            sure |= flow.sure if low < addresses.SIX else NONE
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
