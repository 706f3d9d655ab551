"""``keten net reach`` and ``keten net diff``: connections for eyes and for other tools."""

import argparse
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from keten.cli import net, printing
from keten.cluster.network import difference, grouped, listing
from keten.cluster.network.authorization import Authorization, Held
from keten.cluster.network.entries import CONTROLLER
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.networks import Net
from keten.cluster.network.ports import NONE, Ports
from keten.cluster.network.reach import Network
from keten.cluster.network.selection import members
from keten.errors import Exit, UsageError

if TYPE_CHECKING:
    from keten.cli.clusters import Target
    from keten.cluster.estates import Cluster

_EXTERNAL = "[External]"
_MOST = 2_000_000
_WIDE = 22  # columns of ports before the peers go to a line of their own
_PERHAPS = "perhaps: the objects do not tell; keten net why A B PORT tells why"


def reach(arguments: argparse.Namespace, target: "Target", cluster: "Cluster") -> int:
    """Print every connection; return 0."""
    network: Network = net.network(arguments, cluster)
    if (arguments.json or arguments.lines) and not (arguments.src or arguments.dst):
        _countable(network)
    if arguments.json:
        net.put(_document(network, arguments))
    elif arguments.lines:
        for one in network.networks:
            printing.write(listing.text(list(_chosen(network, one, arguments))))
    else:
        printing.write(_page(network, arguments))
    net.told(target.problems, network.notes)
    return Exit.ALLOWED


def _countable(network: Network) -> None:
    """Refuse to write more pairs than anybody reads; the groups are few in any case."""
    pods = [len(those) for those in network.pods.of_shape]
    count = 0
    for one in network.networks:
        for place, row in network.rows(one):
            senders = sum(pods[i] for i in members(network.same(one, place)))
            for who in row.values():
                count += senders * sum(pods[i] for i in members(who))
            if count > _MOST:
                raise UsageError(
                    f"more than {_MOST} connections to write one by one",
                    advice="Ask with --from or --to, or without --json and --lines.",
                )


def _chosen(network: Network, one: Net, arguments: argparse.Namespace) -> Iterator[listing.Line]:
    src, dst = _wanted(network, arguments.src), _wanted(network, arguments.dst)
    for line in listing.lines(network, one):
        if (src is None or _is(line.src, src)) and (dst is None or _is(line.dst, dst)):
            yield line


def _wanted(network: Network, name: str) -> set[str] | None:
    """Return the titles that *name* means; ``internet`` is every address. None for no name."""
    if not name:
        return None
    if name in ("internet", "outside"):
        return {_EXTERNAL, grouped.OUTSIDE}
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
    yield "Senders; indented, on which ports they reach whom."
    doubt = False
    nets = network.networks
    src, dst = (_filter(network, name) for name in (arguments.src, arguments.dst))
    for one in nets:
        if len(nets) > 1:
            yield ""
            yield f"== {one.heading}"
        for group in grouped.groups(network, one, src, dst):
            yield ""
            yield from _wrapped(group.senders)
            yield from _rows(group.rows)
            doubt = doubt or any(row.may != row.sure for row in group.rows)
    if doubt:
        yield ""
        yield _PERHAPS
    yield from _mesh(network)


def _filter(network: Network, name: str) -> grouped.Wanted:
    wanted = _wanted(network, name)
    if wanted is None:
        return lambda _: True
    return lambda title: title.replace("[udn]/", "/", 1) in wanted


def _mesh(network: Network) -> Iterator[str]:
    mesh = Mesh(network.objects)
    asked = [(peer.title, demand) for peer in network.peers for demand in mesh.demands(peer)]
    if asked:
        yield ""
        yield "Mutual TLS required"
    for title, demand in asked:
        sure = "" if demand.sure else " (where a proxy of the mesh runs)"
        yield f"  {title}  {demand.ports.words}  by {demand.by}{sure}"
    narrowed = _narrowed(network, mesh)
    if narrowed:
        yield ""
        yield "Further narrowed at the proxy of the mesh (keten net why judges a pair)"
    for title, held in narrowed:
        more = f"; not judged: {', '.join(held.further)}" if held.further else ""
        yield f"  {title}  {held.action} by {held.title}{more}"


def _narrowed(network: Network, mesh: Mesh) -> list[tuple[str, Held]]:
    authorization = Authorization(network.objects, mesh)
    return [(peer.title, held) for peer in network.peers for held in authorization.held(peer)]


def _head(network: Network) -> str:
    policies = [policy for policy in network.policies if policy.ref]
    held = sum(policy.subjects != 0 for policy in policies)
    count = len(policies)
    parts = [
        printing.count(len(network.peers), "workload"),
        f"{count} {'policy' if count == 1 else 'policies'} (selecting pods: {held})",
    ]
    if len(network.networks) > 1:
        parts.append(printing.count(len(network.networks), "network"))
    return ", ".join(parts)


def _wrapped(senders: Sequence[str]) -> Iterator[str]:
    """Yield names as lines; what several may do, each may do to each of the others, too."""
    yield from textwrap.wrap(", ".join(senders), 79, break_long_words=False, break_on_hyphens=False)


def _rows(rows: Sequence[grouped.To]) -> Iterator[str]:
    alike: dict[tuple[Ports, Ports], list[str]] = {}
    for row in rows:
        alike.setdefault((row.sure, row.may), []).extend(row.whom)
    for (sure, may), whom in sorted(alike.items(), key=lambda item: item[0][0].text):
        said = sure.words if sure else ""
        if may != sure:
            said += f"{' and ' if said else ''}perhaps {(may - sure).words}"
        begin = f"  {said:<18}  "
        if len(begin) > _WIDE:
            yield begin.rstrip()
            begin = " " * _WIDE
        for i, name in enumerate(whom):
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
        "narrowed": [
            {"workload": title, "by": h.title, "action": h.action, "not_judged": list(h.further)}
            for title, h in _narrowed(network, mesh)
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
                yield f"{sign} {item.src} => {item.dst} : {those.words}{note}"
    if not opened and not closed:
        yield "Nothing opened, and nothing closed."
        return
    yield ""
    yield f"{printing.count(opened, 'connection')} opened or widened, {closed} closed or narrowed"
