"""Whether proposed policies allow exactly what is wanted, by the engine itself.

The objects are judged again with the proposal beside them: every connection of the workloads
that it holds, with each other and with addresses outside.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.peers import Peer
from keten.cluster.network.ports import NONE, Ports, ports
from keten.cluster.network.proposal import (
    DNS,
    EVERYBODY,
    NODE_LOCAL,
    Link,
    Proposal,
    node_local,
)
from keten.cluster.network.reach import Network
from keten.cluster.network.selection import members
from keten.cluster.network.spans import Spans, common
from keten.model.kube import NetworkPolicy, Object

_NAMES = [(53, 53)]


class Proof(Struct, frozen=True):
    """Connections that are wanted and not open with the policies, and what is open besides."""

    missing: tuple[str, ...]
    further: tuple[str, ...]


def prove(objects: Iterable[Object], proposal: Proposal, links: Iterable[Link]) -> Proof:
    """Return what differs from *links* once the policies are there, by the engine itself.

    Only workloads that the policies hold are looked at; DNS is always wanted.
    """
    network = Network((*objects, *map(_object, proposal.policies)))
    spaces = {policy["metadata"]["namespace"] for policy in proposal.policies}
    links = list(links)
    wanted = _wanted(network, links)
    missing: list[str] = []
    further: list[str] = []
    seen: set[tuple[str, str]] = set()
    for net in network.networks:
        if not net.primary:
            continue
        for place, row in network.rows(net):
            senders = list(_of(network, network.same(net, place)))
            for (_, may), who in row.items():
                for dst in _of(network, who):
                    for src in senders:
                        if src is dst or not (src.namespace in spaces or dst.namespace in spaces):
                            continue
                        if src.host or dst.host:
                            continue
                        pair = (src.title, dst.title)
                        seen.add(pair)
                        _compare(pair, may, wanted, missing, further)
    for pair, those in wanted.items():
        if pair not in seen and pair[0] != pair[1]:
            missing.append(f"{pair[0]} => {pair[1]} : {those.text}")
    _outside(network, spaces, links, missing, further)
    return Proof(tuple(sorted(missing)), tuple(sorted(further)))


def _outside(
    network: Network,
    spaces: set[str],
    links: Iterable[Link],
    missing: list[str],
    further: list[str],
) -> None:
    """Compare what is open to and from addresses outside."""
    into: dict[str, list[tuple[Spans, Ports]]] = {}
    out: dict[str, list[tuple[Spans, Ports]]] = {}
    for link in links:
        one = ports(link.protocol, [(link.port, link.port)])
        if isinstance(link.dst, Peer) and isinstance(link.src, str) and link.src != EVERYBODY:
            block = addresses.block(link.src) or ()
            into.setdefault(link.dst.title, []).append((block, one))
        elif isinstance(link.src, Peer) and isinstance(link.dst, str):
            block = addresses.block(link.dst) or ()
            out.setdefault(link.src.title, []).append((block, one))
    cached = [(addresses.block(NODE_LOCAL) or (), ports("UDP", _NAMES) | ports("TCP", _NAMES))]
    local = cached if node_local(network) else []
    for peer in network.peers:
        if peer.namespace not in spaces or peer.host:
            continue
        for said, flows, way in (
            (into.get(peer.title, []), network.from_outside(peer), "from"),
            ([*out.get(peer.title, []), *local], network.to_outside(peer), "to"),
        ):
            for span, flow in flows:
                asked = NONE
                for block, one in said:
                    if common(block, (span,)):
                        asked |= one
                where = f"{peer.title} {way} {addresses.summary((span,))}"
                if asked - flow.may:
                    missing.append(f"{where} : {(asked - flow.may).text}")
                if flow.may - asked:
                    further.append(f"{where} : {(flow.may - asked).text}")


def _compare(
    pair: tuple[str, str],
    may: Ports,
    wanted: Mapping[tuple[str, str], Ports],
    missing: list[str],
    further: list[str],
) -> None:
    asked = wanted.get(pair, Ports())
    if asked - may:
        missing.append(f"{pair[0]} => {pair[1]} : {(asked - may).text}")
    more = may - asked
    if more:
        further.append(f"{pair[0]} => {pair[1]} : {more.text}")


def _wanted(network: Network, links: Iterable[Link]) -> dict[tuple[str, str], Ports]:
    made: dict[tuple[str, str], Ports] = {}

    def add(src: str, dst: str, those: Ports) -> None:
        made[src, dst] = made.get((src, dst), Ports()) | those

    pods = [peer for peer in network.peers if not peer.host]
    for link in links:
        if not isinstance(link.dst, Peer) or link.dst.host:
            continue
        one = ports(link.protocol, [(link.port, link.port)])
        if link.src == EVERYBODY:
            for peer in pods:
                add(peer.title, link.dst.title, one)
        elif isinstance(link.src, Peer) and not link.src.host:
            add(link.src.title, link.dst.title, one)
    for server in pods:
        for space, labels, port in DNS:
            if server.namespace == space and labels.items() <= server.labels.items():
                name = ports("UDP", [(port, port)]) | ports("TCP", [(port, port)])
                for peer in pods:
                    add(peer.title, server.title, name)
    return made


def _of(network: Network, bits: int) -> list[Peer]:
    return [
        peer for place in members(bits) for peer in network.pods.of_shape[place]
        if peer is not network.controller
    ]  # fmt: skip


def _object(manifest: dict[str, Any]) -> NetworkPolicy:
    meta = manifest["metadata"]
    return NetworkPolicy(
        id=f"proposal:NetworkPolicy/{meta['namespace']}/{meta['name']}",
        kind="NetworkPolicy",
        name=meta["name"],
        namespace=meta["namespace"],
        spec=manifest["spec"],
    )
