"""``keten net reach`` and ``keten net diff``: connections for eyes and for other tools."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from keten.cli import net, printing
from keten.cluster.network import addresses, difference, listing
from keten.cluster.network.entries import CONTROLLER
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.networks import Net
from keten.cluster.network.ports import NONE, Ports
from keten.cluster.network.reach import Network
from keten.cluster.network.spans import Spans, spans
from keten.errors import Exit, UsageError

if TYPE_CHECKING:
    from keten.cli.clusters import Target
    from keten.cluster.estates import Cluster

_EXTERNAL = "[External]"
_WIDE = 46  # columns of ports before the peers go to a line of their own


def reach(arguments: argparse.Namespace, target: "Target", cluster: "Cluster") -> int:
    """Print every connection; return 0."""
    network: Network = net.network(arguments, cluster)
    if arguments.json:
        net.put(_document(network, arguments))
    elif arguments.lines:
        for one in network.networks:
            printing.write(listing.text(list(_chosen(network, one, arguments))))
    else:
        printing.write(_page(network, arguments))
    net.told(target.problems, network.notes)
    return Exit.ALLOWED


def _chosen(network: Network, one: Net, arguments: argparse.Namespace) -> Iterator[listing.Line]:
    src, dst = _wanted(network, arguments.src), _wanted(network, arguments.dst)
    for line in listing.lines(network, one):
        if (src is None or _is(line.src, src)) and (dst is None or _is(line.dst, dst)):
            yield line


def _wanted(network: Network, name: str) -> set[str] | None:
    """Return the titles that *name* means; ``internet`` is every address. None for no name."""
    if not name:
        return None
    if name == "internet":
        return {_EXTERNAL}
    if name == "ingress":
        return {CONTROLLER}
    from keten.cluster.network.peers import by_title

    found = {peer.title for peer in by_title(network.peers)(name)}
    found |= {f"{p.namespace}/{p.name}[{p.kind}]" for p in by_title(network.peers)(name)}
    if not found:
        spaces = {p.title for p in network.peers if p.namespace == name.removesuffix("/")}
        found = spaces | {t.partition("{")[0] for t in spaces} or {name}
    return found


def _is(title: str, wanted: set[str]) -> bool:
    if title.endswith(_EXTERNAL):
        return _EXTERNAL in wanted or title in wanted
    return title.replace("[udn]/", "/", 1) in wanted


def _page(network: Network, arguments: argparse.Namespace) -> Iterator[str]:
    yield _head(network)
    mesh = Mesh(network.objects)
    asked = {peer.title: mesh.demands(peer) for peer in network.peers}
    nets = network.networks
    for one in nets:
        if len(nets) > 1:
            yield ""
            yield f"== {one.heading}"
        by_sender: dict[str, dict[tuple[Ports, Ports], list[str]]] = {}
        for line in _chosen(network, one, arguments):
            by_sender.setdefault(line.src, {}).setdefault((line.sure, line.may), []).append(
                line.dst
            )
        for sender, rows in _senders(by_sender):
            yield ""
            yield sender
            yield from _rows(rows)
    demands = [(title, d) for title, those in sorted(asked.items()) for d in those]
    if demands:
        yield ""
        yield "Mutual TLS required"
        for title, demand in demands:
            sure = "" if demand.sure else " (where a proxy of the mesh runs)"
            yield f"  {title}  {demand.ports.text}  by {demand.by}{sure}"


def _head(network: Network) -> str:
    held = sum(policy.subjects != 0 for policy in network.policies)
    parts = [
        printing.count(len(network.peers), "workload"),
        f"policies: {len(network.policies)}, of which {held} hold pods",
    ]
    if len(network.networks) > 1:
        parts.append(printing.count(len(network.networks), "network"))
    return ", ".join(parts)


def _senders(
    by_sender: dict[str, dict[tuple[Ports, Ports], list[str]]],
) -> Iterator[tuple[str, dict[tuple[Ports, Ports], list[str]]]]:
    """Yield senders by name; addresses that may do the same are one."""
    outside: dict[str, tuple[Spans, dict[tuple[Ports, Ports], list[str]]]] = {}
    for sender, rows in by_sender.items():
        if not sender.endswith(_EXTERNAL):
            continue
        key = repr(sorted((k[0].text, k[1].text, sorted(v)) for k, v in rows.items()))
        before = outside.get(key, ((), rows))[0]
        outside[key] = (spans((*before, *_span(sender))), rows)
    for those, rows in sorted(outside.values(), key=lambda item: item[0]):
        yield f"outside ({addresses.summary(those)})", rows
    for sender in sorted(s for s in by_sender if not s.endswith(_EXTERNAL)):
        yield sender, by_sender[sender]


def _span(name: str) -> Spans:
    first, _, last = name.removesuffix(_EXTERNAL).partition("-")
    low, high = addresses.address(first), addresses.address(last)
    return ((low or 0, high or 0),)


def _rows(rows: dict[tuple[Ports, Ports], list[str]]) -> Iterator[str]:
    for (sure, may), receivers in sorted(rows.items(), key=lambda item: item[0][0].text):
        outside: Spans = ()
        named = []
        for name in receivers:
            if name.endswith(_EXTERNAL):
                outside = spans((*outside, *_span(name)))
            else:
                named.append(name)
        named.sort()
        if outside:
            named.append(f"outside ({addresses.summary(outside)})")
        said = sure.text if sure else ""
        if may != sure:
            said += f"{' and ' if said else ''}perhaps {(may - sure).text}"
        begin = f"  {said:<20}  "
        if len(begin) > _WIDE:
            yield begin.rstrip()
            begin = " " * 24
        for i, name in enumerate(named):
            yield (begin if i == 0 else " " * len(begin)) + name


def _document(network: Network, arguments: argparse.Namespace) -> dict[str, Any]:
    mesh = Mesh(network.objects)
    rows = []
    for one in network.networks:
        for line in sorted(_chosen(network, one, arguments)):
            row = {"src": line.src, "dst": line.dst, "ports": line.sure.text}
            if line.may != line.sure:
                row["perhaps"] = (line.may - line.sure).text
            rows.append({**row, "network": one.title})
    return {
        "connections": rows,
        "mutual_tls": [
            {"workload": peer.title, "ports": d.ports.text, "by": d.by, "sure": d.sure}
            for peer in network.peers
            for d in mesh.demands(peer)
        ],
        "not_judged": network.notes,
    }


def diff(arguments: argparse.Namespace, old: "Cluster", new: "Cluster") -> int:
    """Print what opened and what closed; return 1 where --fail-on-new finds something."""
    try:
        found = list(difference.compare(net.network(arguments, old), net.network(arguments, new)))
    except difference.TooMany as error:
        raise UsageError(
            f"more than {difference.MOST} connections on one side",
            advice="Compare a part: a folder of one namespace.",
        ) from error
    if arguments.json:
        net.put([_changed(item) for item in found])
    else:
        printing.write(_changes(found))
    sys.stdout.flush()
    opened = any(item.after - item.before for item in found)
    return Exit.DENIED if opened and arguments.fail_on_new else Exit.ALLOWED


def _changed(item: difference.Changed) -> dict[str, str]:
    return {
        "src": item.src, "dst": item.dst, "network": item.network, "note": item.note,
        "before": item.before.text, "after": item.after.text,
        "opened": (item.after - item.before).text, "closed": (item.before - item.after).text,
    }  # fmt: skip


def _changes(found: Iterable[difference.Changed]) -> Iterator[str]:
    opened = closed = 0
    for item in found:
        more, less = item.after - item.before, item.before - item.after
        opened, closed = opened + bool(more), closed + bool(less)
        note = f"  ({item.note})" if item.note else ""
        for sign, those in (("+", more), ("-", less)):
            if those != NONE:
                yield f"{sign} {item.src} => {item.dst} : {those.text}{note}"
    if opened or closed:
        yield ""
    yield f"{printing.count(opened, 'connection')} opened or widened, {closed} closed or narrowed"
