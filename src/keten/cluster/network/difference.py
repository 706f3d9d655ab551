"""What opened and what closed between two states of a cluster."""

from collections.abc import Iterator

from msgspec import Struct

from keten.cluster.network import addresses
from keten.cluster.network.listing import Line, lines
from keten.cluster.network.ports import NONE, Ports
from keten.cluster.network.reach import Network
from keten.cluster.network.spans import Spans, common, spans

MOST = 3_000_000
"""Connections of one side that are compared; above, the two are not."""


class Changed(Struct, frozen=True, order=True):
    """A connection whose ports changed; *new*: one of its ends is on one side only."""

    src: str
    dst: str
    before: Ports
    after: Ports
    network: str = ""
    note: str = ""


class TooMany(Exception):  # noqa: N818 no fault: a ceiling that the caller tells of
    """More connections than are compared."""


def compare(old: Network, new: Network) -> Iterator[Changed]:
    """Yield each connection that is not on both sides alike, sorted; TooMany for very many."""
    nets = {net.heading: net for net in old.networks}
    others = {net.heading: net for net in new.networks}
    there = ({p.title for p in old.peers}, {p.title for p in new.peers})
    for heading in sorted(nets.keys() | others.keys()):
        a = _pairs(old, heading)
        b = _pairs(new, heading)
        yield from _inner(a[0], b[0], heading, there)
        yield from _outer(a[1], b[1], heading, there)


_Inner = dict[tuple[str, str], Ports]
_Outer = dict[tuple[str, str], list[tuple[Spans, Ports]]]
_EXTERNAL = "[External]"


def _pairs(network: Network, heading: str) -> tuple[_Inner, _Outer]:
    inner: _Inner = {}
    outer: _Outer = {}
    net = next((net for net in network.networks if net.heading == heading), None)
    if net is None:
        return inner, outer
    for count, line in enumerate(lines(network, net, sixes=True)):
        if count >= MOST:
            raise TooMany
        _file(line, inner, outer)
    return inner, outer


def _file(line: Line, inner: _Inner, outer: _Outer) -> None:
    if line.src.endswith(_EXTERNAL):
        outer.setdefault(("in", line.dst), []).append((_span(line.src), line.may))
    elif line.dst.endswith(_EXTERNAL):
        outer.setdefault(("out", line.src), []).append((_span(line.dst), line.may))
    else:
        key = (line.src, line.dst)
        inner[key] = inner.get(key, NONE) | line.may


def _span(name: str) -> Spans:
    first, _, last = name.removesuffix(_EXTERNAL).partition("-")
    low, high = addresses.address(first), addresses.address(last)
    return ((low or 0, high or 0),)


def _inner(
    a: _Inner, b: _Inner, heading: str, there: tuple[set[str], set[str]]
) -> Iterator[Changed]:
    for key in sorted(a.keys() | b.keys()):
        before, after = a.get(key, NONE), b.get(key, NONE)
        if before != after:
            note = _note(key, there)
            yield Changed(*key, before, after, heading, note)


def _outer(
    a: _Outer, b: _Outer, heading: str, there: tuple[set[str], set[str]]
) -> Iterator[Changed]:
    for key in sorted(a.keys() | b.keys()):
        found: dict[tuple[Ports, Ports], Spans] = {}
        mine, theirs = a.get(key, []), b.get(key, [])
        pieces = addresses.cut([those for those, _ in (*mine, *theirs)])
        old, new = _filled(mine), _filled(theirs)
        for piece in pieces:
            before, after = _on(old, piece), _on(new, piece)
            if before != after:
                state = (before, after)
                found[state] = spans((*found.get(state, ()), piece))
        for (before, after), those in sorted(found.items(), key=lambda item: item[1]):
            outside = addresses.summary(those)
            ends = (outside, key[1]) if key[0] == "in" else (key[1], outside)
            yield Changed(*ends, before, after, heading, _note((key[1],), there))


def _filled(items: list[tuple[Spans, Ports]]) -> list[tuple[Spans, Ports]]:
    return sorted(items, key=lambda item: item[0])


def _on(items: list[tuple[Spans, Ports]], piece: tuple[int, int]) -> Ports:
    """Return what is open on a piece, which lies in one item or in none."""
    from bisect import bisect_right

    at = bisect_right(items, piece[0], key=lambda item: item[0][0][0]) - 1
    if at >= 0 and common(items[at][0], (piece,)):
        return items[at][1]
    return NONE


def _note(names: tuple[str, ...], there: tuple[set[str], set[str]]) -> str:
    for name in names:
        if name not in there[0] and name in there[1]:
            return f"{name} is new"
        if name in there[0] and name not in there[1]:
            return f"{name} is gone"
    return ""
