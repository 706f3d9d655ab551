"""The connections of a cluster as lines that people and other tools read."""

from collections.abc import Iterator

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.entries import CONTROLLER
from keten.cluster.network.networks import Net
from keten.cluster.network.peers import Peer
from keten.cluster.network.ports import NONE, Ports
from keten.cluster.network.reach import Flow, Network, at
from keten.cluster.network.selection import members


class Line(Struct, frozen=True, order=True):
    """From whom to whom, and the ports: open for sure, and those that may be."""

    src: str
    dst: str
    sure: Ports
    may: Ports
    notes: tuple[str, ...] = ()


def lines(
    network: Network, net: Net, *, entities: bool = True, sixes: bool = False
) -> Iterator[Line]:
    """Yield every connection of *net*; of a large cluster these are very many.

    *entities*: also the hosts and nodes that policies name, and addresses of IPv6 where a rule
    names some; *sixes*: those in any case. Connections of a workload to itself are left out.
    """
    mark = names(network, net)
    yield from _inside(network, net, mark)
    if not net.primary:
        return
    yield from _outside(network, net, mark, entities=entities, sixes=sixes)
    if not net.kind or any(net.members >> entry.shape & 1 for entry in network.entries):
        yield from _through(network, net, mark)


def names(network: Network, net: Net) -> dict[int, str]:
    """Return how each peer is called, by its id: variants that policies treat alike, by one name.

    A peer of a network of its namespace is marked, as its addresses are that network's.
    """
    judge = network.judge_of(net)
    groups: dict[str, list[Peer]] = {}
    for peer in network.peers:
        groups.setdefault(f"{peer.namespace}/{peer.name}[{peer.kind}]", []).append(peer)
    own = net.primary and net.kind == "UDN"
    made: dict[int, str] = {}
    for title, group in groups.items():
        alike = len({judge.classes[network.place(peer)] for peer in group}) == 1
        for peer in group:
            said = title if alike else peer.title
            made[id(peer)] = said.replace("/", "[udn]/", 1) if own else said
    return made


def _peers(network: Network, bits: int) -> Iterator[Peer]:
    for place in members(bits):
        for peer in network.pods.of_shape[place]:
            if peer is not network.controller:
                yield peer


def _inside(network: Network, net: Net, mark: dict[int, str]) -> Iterator[Line]:
    for place, row in network.rows(net):
        found = [
            (sure, may, {mark[id(peer)] for peer in _peers(network, who)})
            for (sure, may), who in row.items()
        ]
        for name in {mark[id(peer)] for peer in _peers(network, network.same(net, place))}:
            for sure, may, others in found:
                for other in others:
                    if other != name:
                        yield Line(name, other, sure, may)


def _outside(
    network: Network, net: Net, mark: dict[int, str], *, entities: bool, sixes: bool
) -> Iterator[Line]:
    judge = network.judge
    for way in ("ingress", "egress"):
        universe = judge.universes["ingress" if way == "ingress" else "egress"]
        known: dict[int, list[tuple[str, Flow]]] = {}
        for peer in _peers(network, net.members):
            place = network.place(peer)
            key = judge.classes[place]
            if key not in known:
                parts = judge.parts("ingress" if way == "ingress" else "egress", place)
                known[key] = [
                    (name, Flow(sure, may))
                    for sure, may, who in parts
                    if may
                    for name in (
                        *(
                            f"{addresses.text(piece)}[External]"
                            for piece in universe.shown(who)
                            if sixes or (entities and universe.six) or piece[0] < addresses.SIX
                        ),
                        *(universe.names(who) if entities else ()),
                    )
                ]
            mine = mark[id(peer)]
            for name, flow in known[key]:
                src, dst = (name, mine) if way == "ingress" else (mine, name)
                yield Line(src, dst, flow.sure, flow.may)


def _through(network: Network, net: Net, mark: dict[int, str]) -> Iterator[Line]:
    """Yield what comes in through routes, to ports that the pods declare."""
    open_: dict[int, tuple[Ports, Ports]] = {}
    for entry in network.entries:
        if not entry.through and net.members >> entry.shape & 1:
            sure, may = open_.get(entry.shape, (NONE, NONE))
            sure |= entry.declared if entry.sure else NONE
            open_[entry.shape] = (sure, may | entry.declared)
    for place, (sure, may) in open_.items():
        for peer in network.pods.of_shape[place]:
            flow = through(network, peer)
            if flow.may & may:
                yield Line(CONTROLLER, mark[id(peer)], flow.sure & sure, flow.may & may)


def through(network: Network, peer: Peer) -> Flow:
    """Return what policies let a controller of routes send to *peer*: its labels are unknown."""
    place = network.place(peer)
    out = network.judge.parts("egress", network.place(network.controller))
    into = network.judge.parts("ingress", place)
    a, b = at(out, place), at(into, network.place(network.controller))
    return Flow(a.sure & b.sure, a.may & b.may)


def text(found: list[Line]) -> list[str]:
    """Return the lines as ``src => dst : ports``, sorted, each once."""
    return sorted({f"{line.src} => {line.dst} : {line.sure.text}" for line in found if line.sure})


def mapping(network: Network) -> Iterator[str]:
    """Yield for each workload the networks that it is in."""
    nets = network.networks
    made: dict[str, list[str]] = {}
    for peer in network.peers:
        place = network.place(peer)
        mine = [net for net in nets if net.members >> place & 1]
        first = [net.title for net in mine if net.primary]
        later = sorted(net.title for net in mine if not net.primary)
        said = [f"Primary Network: {', '.join(first)}"]
        if later:
            said.append(f"Secondary Networks: {', '.join(later)}")
        made[f"{peer.namespace}/{peer.name}[{peer.kind}]"] = said
    for title in sorted(made):
        yield f"{title}: "
        yield from (f"\t{item}" for item in made[title])
