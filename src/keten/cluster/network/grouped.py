"""The connections of a cluster as few groups: who may do the same is told once.

As exact as the list of all pairs, and as long as policies differ, not as there are pairs.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.entries import CONTROLLER
from keten.cluster.network.listing import names, through
from keten.cluster.network.networks import Net
from keten.cluster.network.peers import Peer
from keten.cluster.network.ports import NONE, Ports
from keten.cluster.network.reach import Network, Row
from keten.cluster.network.selection import members
from keten.cluster.network.spans import Spans, spans

_FEW = 4
"""So many workloads of a namespace at least are told as all of it."""

Wanted = Callable[[str], bool]
OUTSIDE = "outside"
"""What addresses outside the cluster are asked for by."""


class To(Struct, frozen=True, order=True):
    """Ports, open for *sure* and perhaps, to *whom*."""

    sure: Ports
    may: Ports
    whom: tuple[str, ...]


class Group(Struct, frozen=True, order=True):
    """Senders that may do the same. Where they are several, *whom* may hold them all."""

    senders: tuple[str, ...]
    rows: tuple[To, ...]


def groups(network: Network, net: Net, src: Wanted, dst: Wanted) -> Iterator[Group]:
    """Yield the groups of *net*: first workloads, then entities, routes and addresses outside."""
    space = _Names(network, net)
    found: dict[tuple[To, ...], list[str]] = {}
    for place, row in network.rows(net):
        senders = [name for name in space.of(network.same(net, place)) if src(name)]
        rows = tuple(sorted(_rows(space, senders, row, place, dst))) if senders else ()
        if rows:
            found.setdefault(rows, []).extend(senders)
    made = [Group(tuple(sorted(set(who))), rows) for rows, who in found.items()]
    yield from sorted(made, key=lambda group: group.senders)
    if net.primary:
        yield from _from_outside(space, src, dst)


class _Names:
    """The names of the workloads of one network."""

    def __init__(self, network: Network, net: Net) -> None:
        self.network = network
        self.net = net
        self.mark = names(network, net)
        self.spaces: dict[str, set[str]] = {}
        for peer in self._peers(net.members):
            self.spaces.setdefault(peer.namespace, set()).add(self.mark[id(peer)])

    def _peers(self, bits: int) -> Iterator[Peer]:
        for place in members(bits):
            for peer in self.network.pods.of_shape[place]:
                if peer is not self.network.controller:
                    yield peer

    def of(self, bits: int) -> list[str]:
        """Return the names of the workloads of *bits*, each once."""
        return list(dict.fromkeys(self.mark[id(peer)] for peer in self._peers(bits)))

    def told(self, those: Iterable[str], without: str) -> tuple[str, ...]:
        """Return names, sorted, with ``shop/* (9 workloads)`` where they are all of a namespace."""
        wanted = set(those) - {without}
        made: list[str] = []
        for space, every in self.spaces.items():
            mine = wanted & every
            if len(mine) >= _FEW and mine == every - {without}:
                besides = " others" if without in every else ""
                made.append(f"{space}/* ({len(mine)}{besides or ' workloads'})")
                wanted -= mine
        return tuple(sorted((*made, *wanted)))


def _rows(space: _Names, senders: list[str], row: Row, place: int, dst: Wanted) -> Iterator[To]:
    alone = senders[0] if len(senders) == 1 else ""
    for (sure, may), who in row.items():
        whom = space.told((name for name in space.of(who) if dst(name)), alone)
        if whom:
            yield To(sure, may, whom)
    if not space.net.primary:
        return
    universe = space.network.judge.universes["egress"]
    for sure, may, who in space.network.judge.parts("egress", place):
        if may and dst(OUTSIDE) and (pieces := universe.shown(who)):
            yield To(sure, may, (_outside(spans(pieces)),))
        entities = tuple(name for name in universe.names(who) if dst(name))
        if may and entities:
            yield To(sure, may, entities)


def _outside(those: Spans) -> str:
    return f"outside ({addresses.summary(those)})"


def _from_outside(space: _Names, src: Wanted, dst: Wanted) -> Iterator[Group]:
    network, net = space.network, space.net
    judge = network.judge
    universe = judge.universes["ingress"]
    by_piece: dict[int, dict[tuple[Ports, Ports], list[str]]] = {}
    seen: dict[int, list[str]] = {}
    for place in members(net.members):
        seen.setdefault(judge.classes[place], []).extend(space.of(1 << place))
    for label, receivers in seen.items():
        named = [name for name in receivers if dst(name)]
        if not named:
            continue
        for sure, may, who in judge.parts("ingress", judge.representatives[label]):
            if may:
                for place in members(who >> network.pods.count << network.pods.count):
                    row = by_piece.setdefault(place, {})
                    row.setdefault((sure, may), []).extend(named)
    alike: dict[tuple[To, ...], int] = {}
    for place, row in by_piece.items():
        rows = tuple(sorted(To(*key, space.told(those, "")) for key, those in row.items()))
        alike[rows] = alike.get(rows, 0) | 1 << place
    for rows, bits in alike.items():
        pieces = spans(universe.shown(bits))
        if pieces and src(OUTSIDE):
            yield Group((_outside(pieces),), rows)
        entities = tuple(name for name in universe.names(bits) if src(name))
        if entities:
            yield Group(entities, rows)
    routes = tuple(sorted(_through(space, dst)))
    if routes and src(CONTROLLER):
        yield Group((CONTROLLER,), routes)


def _through(space: _Names, dst: Wanted) -> Iterator[To]:
    """Yield what comes in through routes."""
    network = space.network
    open_: dict[int, tuple[Ports, Ports]] = {}
    for entry in network.entries:
        if not entry.through and space.net.members >> entry.shape & 1:
            sure, may = open_.get(entry.shape, (NONE, NONE))
            open_[entry.shape] = (sure | (entry.ports if entry.sure else NONE), may | entry.ports)
    found: dict[tuple[Ports, Ports], list[str]] = {}
    for place, (sure, may) in open_.items():
        for peer in network.pods.of_shape[place]:
            flow = through(network, peer)
            name = space.mark[id(peer)]
            if flow.may & may and dst(name):
                found.setdefault((flow.sure & sure, flow.may & may), []).append(name)
    for (sure, may), those in found.items():
        yield To(sure, may, space.told(those, ""))
