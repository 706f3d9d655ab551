"""``keten net why``: whether one end reaches a port of the other, and which rules decide."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from keten.cli import net, net_service, printing
from keten.cluster.network import addresses
from keten.cluster.network.authorization import Authorization, Narrowed
from keten.cluster.network.exposure import internet
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.networks import Net
from keten.cluster.network.peers import Peer, by_title
from keten.cluster.network.policies import Way
from keten.cluster.network.ports import PROTOCOLS
from keten.cluster.network.reach import Network
from keten.cluster.network.why import Asked, Side, Verdict, both, explain
from keten.errors import Exit, UsageError
from keten.model.facts import Node
from keten.model.kube import Workload

if TYPE_CHECKING:
    from keten.cli.clusters import Target
    from keten.cluster.estates import Cluster

_EXITS = {"yes": Exit.ALLOWED, "no": Exit.DENIED, "unknown": Exit.UNKNOWN}
_RANK = {"no": 0, "unknown": 1, "yes": 2}
_PORT = 1 << 16


class _Answer(Struct):
    """What one network says."""

    heading: str
    verdict: Verdict
    out: Side | None
    into: Side | None


class _Place(Struct):
    """An end that is no pod: the pieces of addresses or the entity it may be."""

    name: str
    numbers: tuple[tuple[int, int], ...] = ()
    entity: str = ""


class _Question(Struct):
    """From whom to whom, and the port."""

    src: Peer | _Place
    dst: Peer | _Place
    protocol: str
    port: int


def why(
    arguments: argparse.Namespace, target: "Target", cluster: "Cluster", words: Sequence[str]
) -> int:
    """Print the verdict and its reasons; return 0 for yes, 1 for no, 3 for unknown."""
    names = [word for word in words[:2] if _is_host(word)]
    network: Network = net.network(arguments, cluster, names)
    src, dst = _end(network, words[0]), _end(network, words[1])
    if not isinstance(src, Peer) and not isinstance(dst, Peer):
        raise UsageError("neither A nor B is a workload of the target")
    service = net_service.find(network, words[1])
    if service is not None and isinstance(dst, Peer):
        protocol, port = net_service.port(service, dst, words[2])
    else:
        protocol, port = _port(words[2], dst)
    answers = list(_answers(network, _Question(src, dst, protocol, port)))
    verdict: Verdict = max((a.verdict for a in answers), key=lambda v: _RANK[v], default="no")
    nodes = {item.ref: item for item in cluster.objects}
    mesh = Mesh(network.objects)
    notes = list(_notes(mesh, dst, protocol, port, verdict))
    if isinstance(dst, Peer) and service is None:
        notes += net_service.notes(network, dst, protocol, port)
    narrowed = None
    if verdict != "no" and protocol == "TCP" and isinstance(dst, Peer):
        caller = src if isinstance(src, Peer) else None
        narrowed = Authorization(network.objects, mesh).of(caller, dst, port)
        if narrowed is not None and narrowed.verdict == "no" and narrowed.sure:
            verdict = "no"
    if arguments.json:
        document = [_document(a, target, nodes) for a in answers]
        net.put({
            "src": _name(src), "dst": _name(dst), "port": f"{protocol} {port}",
            "verdict": verdict, "networks": document, "notes": notes,
            "mesh": _mesh_document(narrowed, target, nodes),
        })  # fmt: skip
    else:
        head = f"{_name(src)} => {_name(dst)} : {protocol} {port}: {verdict}"
        further = _mesh(narrowed, dst, target, nodes)
        printing.write((head, *_lines(answers, target, nodes, src, dst), *further))
        printing.write(("", *(f"note: {note}" for note in notes)) if notes else ())
    net.told(target.problems, network.notes)
    return _EXITS[verdict]


def _end(network: Network, name: str) -> Peer | _Place:
    if name in ("ingress", "{ingress-controller}"):
        return network.controller
    if name == "internet":
        return _Place(name, internet())
    if name == "metadata":
        return _Place("169.254.169.254", ((addresses.METADATA, addresses.METADATA),))
    number = addresses.address(name)
    if number is not None:
        return _pod_at(network, name) or _Place(name, ((number, number),))
    found = by_title(network.peers)(name)
    if len({network.judge.classes[network.place(peer)] for peer in found}) == 1:
        same = {(peer.namespace, peer.name, peer.kind) for peer in found}
        if len(same) == 1:
            return found[0]
    if found:
        titles = ", ".join(peer.title for peer in found[:8])
        raise UsageError(f"{name} is several workloads: {titles}", advice="Name one of them.")
    if name in network.judge.universes["egress"].named:
        return _Place(name, entity=name)
    service = net_service.find(network, name)
    if service is not None:
        return net_service.pod(network, service)
    if _is_host(name):
        return _Place(name, internet(), entity=name)
    from keten.config import nearest

    hint = nearest(name, [peer.name for peer in network.peers])
    raise UsageError(f"no workload {name!r} in the target{hint}")


def _is_host(name: str) -> bool:
    return "." in name and "/" not in name and addresses.address(name) is None


def _pod_at(network: Network, address: str) -> Peer | None:
    """Return the live pod that has an address."""
    for item in network.objects:
        if isinstance(item, Workload) and address in item.pod_ips and not item.pod.host_network:
            return next(iter(network.peers_of(item)), None)
    return None


def _port(text: str, dst: Peer | _Place) -> tuple[str, int]:
    first, slash, second = text.partition("/")
    protocol, port = "TCP", first
    if slash:
        protocol, port = (first, second) if first.upper() in PROTOCOLS else (second, first)
    protocol = protocol.upper()
    if protocol in PROTOCOLS and port.isdecimal() and len(port) < 6 and 0 < int(port) < _PORT:  # noqa: PLR2004 digits
        return protocol, int(port)
    if isinstance(dst, Peer):
        for name, spoken, number in dst.named:
            if name == text:
                return spoken, number
    raise UsageError(f"{text} is no port: 5432, UDP/53, or the name of a container port of B")


def _answers(network: Network, asked: _Question) -> Iterator[_Answer]:
    for one in network.networks:
        members = one.members
        if not one.kind:
            members |= 1 << network.place(network.controller)
        ends = [end for end in (asked.src, asked.dst) if isinstance(end, Peer)]
        if len(ends) == 1 and not one.primary:
            continue
        if all(members >> network.place(peer) & 1 for peer in ends):
            out = _side(network, one, "egress", asked)
            into = _side(network, one, "ingress", asked)
            yield _Answer(one.heading, both(out, into), out, into)


def _side(network: Network, one: Net, way: Way, question: _Question) -> Side | None:
    """Return what one end says; of several addresses, the one that gets furthest."""
    own, other = question.src, question.dst
    if way == "ingress":
        own, other = other, own
    if not isinstance(own, Peer):
        return None
    judge = network.judge_of(one)
    universe = judge.universes[way]
    if isinstance(other, Peer):
        bits = [1 << network.place(other)]
    elif other.entity and universe.entity(other.entity):
        bits = [universe.entity(other.entity)]
    else:
        bits = universe.touching(other.numbers)
    place = network.place(own)
    sides = [
        explain(judge, Asked(way, place, bit, question.protocol, question.port)) for bit in bits
    ]
    return max(sides, key=lambda side: _RANK[side.verdict])


def _name(end: Peer | _Place) -> str:
    return end.title if isinstance(end, Peer) else end.name


def _lines(
    answers: list[_Answer], target: "Target", nodes: dict[str, Any],
    src: Peer | _Place, dst: Peer | _Place,
) -> Iterator[str]:  # fmt: skip
    if not answers:
        yield "  they are in networks that nothing joins"
    for answer in answers:
        if len(answers) > 1:
            yield ""
            yield f"== {answer.heading}: {answer.verdict}"
        for end, side in ((src, answer.out), (dst, answer.into)):
            if side is None:
                continue
            yield ""
            yield f"{side.way} of {_name(end)}: {side.verdict}"
            for reason in side.reasons:
                where = _where(reason.ref, reason.at, target, nodes)
                sure = "" if reason.sure else " (not known for sure)"
                begin = f"{reason.policy} {reason.at}".strip()
                yield f"  {f'{begin}: ' if begin else ''}{reason.what}{sure}"
                if where:
                    yield f"      {where}"
                for note in reason.notes:
                    yield f"      {note}"


def _where(ref: str, at: str, target: "Target", nodes: dict[str, Any]) -> str:
    node = nodes.get(ref)
    return target.where(node, at) if isinstance(node, Node) else ""


def _mesh(
    narrowed: Narrowed | None, dst: Peer | _Place, target: "Target", nodes: dict[str, Any]
) -> Iterator[str]:
    """Yield what the proxy of the receiver says: it narrows what the network lets through."""
    if narrowed is None:
        return
    sure = "" if narrowed.sure else " (where a proxy of the mesh runs)"
    yield ""
    yield f"mesh at {_name(dst)}: {narrowed.verdict}{sure}"
    for ruling in narrowed.rulings:
        yield f"  {ruling.policy} {ruling.at}: {ruling.what}"
        if where := _where(ruling.ref, ruling.at, target, nodes):
            yield f"      {where}"
    if narrowed.verdict == "unknown":
        yield "  methods, paths, tokens, addresses and the like are not judged"


def _mesh_document(
    narrowed: Narrowed | None, target: "Target", nodes: dict[str, Any]
) -> dict[str, Any] | None:
    if narrowed is None:
        return None
    return {
        "verdict": narrowed.verdict,
        "sure": narrowed.sure,
        "reasons": [
            {"what": r.what, "policy": r.policy, "at": r.at,
             "where": _where(r.ref, r.at, target, nodes)}
            for r in narrowed.rulings
        ],
    }  # fmt: skip


def _notes(
    mesh: Mesh, dst: Peer | _Place, protocol: str, port: int, verdict: Verdict
) -> Iterator[str]:
    if verdict == "no" or not isinstance(dst, Peer):
        return
    for demand in mesh.demands(dst):
        if demand.ports.holds(protocol, port):
            sure = "" if demand.sure else " where a proxy of the mesh runs"
            yield f"mutual TLS is required{sure}: {demand.by}"


def _document(answer: _Answer, target: "Target", nodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "network": answer.heading,
        "verdict": answer.verdict,
        "sides": [
            {
                "way": side.way,
                "verdict": side.verdict,
                "reasons": [
                    {
                        "what": reason.what, "policy": reason.policy, "at": reason.at,
                        "where": _where(reason.ref, reason.at, target, nodes),
                        "sure": reason.sure, "notes": list(reason.notes),
                    }
                    for reason in side.reasons
                ],
            }
            for side in (answer.out, answer.into)
            if side is not None
        ],
    }  # fmt: skip
