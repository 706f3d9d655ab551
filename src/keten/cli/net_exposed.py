"""``keten net exposed``: what the Internet reaches, and what reaches the metadata address."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keten.cli import net, printing
from keten.cluster.network.exposure import Exposed, from_internet, to_internet, to_metadata
from keten.cluster.network.reach import Flow, Network
from keten.errors import Exit

if TYPE_CHECKING:
    from keten.cli.clusters import Target
    from keten.cluster.estates import Cluster


def exposed(arguments: argparse.Namespace, target: "Target", cluster: "Cluster") -> int:
    """Print what is exposed; return 0."""
    network: Network = net.network(arguments, cluster)
    ways = list(from_internet(network))
    nodes = {item.ref: item for item in cluster.objects}
    out = [(peer.title, to_metadata(network, peer), to_internet(network, peer))
           for peer in network.peers]  # fmt: skip
    if arguments.json:
        net.put(_document(ways, out, target, nodes))
    else:
        printing.write(_lines(ways, out, target, nodes))
    net.told(target.problems, network.notes)
    return Exit.ALLOWED


def _said(flow: Flow) -> str:
    if flow.sure == flow.may:
        return flow.sure.words
    return f"{f'{flow.sure.words} and ' if flow.sure else ''}perhaps {flow.unknown.words}"


def _lines(
    ways: list[Exposed], out: list[tuple[str, Flow, Flow]], target: "Target", nodes: dict[str, Any]
) -> Iterator[str]:
    yield "The Internet reaches" if ways else "The Internet reaches no workload."
    for way in ways:
        yield f"  {way.peer.title}  {_said(way.flow)}"
        where = target.where(nodes[way.ref]) if way.ref in nodes else ""
        yield f"      by {way.by}{f'  {where}' if where else ''}"
    meta = [(title, flow) for title, flow, _ in out if flow.may]
    yield ""
    yield (
        f"{len(meta)} of {printing.count(len(out), 'workload')} may reach the metadata address "
        "169.254.169.254"
    )
    for title, flow in meta:
        yield f"  {title}{'' if flow.sure else '  perhaps'}"
    free = sum(bool(flow.may) for _, _, flow in out)
    yield ""
    yield f"{free} of {printing.count(len(out), 'workload')} may reach the Internet"
    if any(way.flow.sure != way.flow.may for way in ways) or not all(f.sure for _, f in meta):
        yield ""
        yield "perhaps: it hangs on what the objects do not tell (whether a node or gateway"
        yield "can be had from the Internet, what policies of others hold)"


def _document(
    ways: list[Exposed], out: list[tuple[str, Flow, Flow]], target: "Target", nodes: dict[str, Any]
) -> dict[str, Any]:
    def flow(one: Flow) -> dict[str, str]:
        return {"ports": one.sure.text, "perhaps": one.unknown.text}

    return {
        "from_internet": [
            {"workload": way.peer.title, "by": way.by,
             "where": target.where(nodes[way.ref]) if way.ref in nodes else "", **flow(way.flow)}
            for way in ways
        ],
        "to_metadata": [{"workload": title, **flow(one)} for title, one, _ in out if one.may],
        "to_internet": [{"workload": title, **flow(one)} for title, _, one in out if one.may],
    }  # fmt: skip
