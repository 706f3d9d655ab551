"""Sets of pods as the bits of one whole number, and what selectors pick of them.

Pods that nothing can tell apart (their *shape*: namespace, labels, named ports, host network)
are one bit. A selector is an intersection of such numbers, so that a policy costs as much as
its text is long, not as there are pods.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from keten.cluster.network import spans as sets
from keten.cluster.network.addresses import SIX, address, block
from keten.cluster.network.peers import Peer
from keten.cluster.network.spans import Spans
from keten.cluster.selectors import Selector
from keten.model.kube import Namespace

NAME = "kubernetes.io/metadata.name"
"""The label with its own name that the API server gives each namespace."""

_INNER = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Where pods have their addresses, where no live pod tells (RFC 1918, RFC 6598, RFC 4193)."""

Having = Callable[[str, tuple[str, ...] | None], int]


def members(bits: int) -> Iterator[int]:
    """Yield the positions of *bits*, ascending."""
    text = bin(bits)[:1:-1]  # the lowest first; to seek in text is quicker than to shift
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def pick(wanted: Selector, having: Having, among: int) -> int:
    """Return what *wanted* selects of *among*."""
    for key, values in wanted.wants:
        among &= having(key, values)
        if not among:
            return 0
    for key, values in wanted.bars:
        among &= ~having(key, values)
    return among


class _Labels:
    """Which of several things have a label."""

    def __init__(self, labels: Iterable[Mapping[str, str]]) -> None:
        self._pairs: dict[tuple[str, str], int] = {}
        self._keys: dict[str, int] = {}
        pairs: dict[tuple[str, str], list[int]] = {}
        count = 0
        for i, each in enumerate(labels):
            count = i + 1
            for pair in each.items():
                pairs.setdefault(pair, []).append(i)
        for pair, places in pairs.items():
            self._pairs[pair] = gathered(places, count)
        for (key, _), bits in self._pairs.items():
            self._keys[key] = self._keys.get(key, 0) | bits

    def having(self, key: str, values: tuple[str, ...] | None) -> int:
        """Return what has *key*, with one of *values* where they are said."""
        if values is None:
            return self._keys.get(key, 0)
        found = 0
        for value in values:
            found |= self._pairs.get((key, value), 0)
        return found


def gathered(places: Iterable[int], size: int) -> int:
    """Return the number with the bits *places*, all below *size*."""
    made = bytearray(size // 8 + 1)
    for place in places:
        made[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(made, "little")


class Pods:
    """The pods of a cluster, by shape."""

    def __init__(
        self,
        peers: Sequence[Peer],
        namespaces: Iterable[Namespace],
        *,
        hosts_are_pods: bool,
        closed: bool = False,
    ) -> None:
        self.peers = peers
        self.closed = closed
        self._in_blocks: dict[Spans, tuple[int, int]] = {}
        self.shapes: list[Peer] = []  # one peer of each shape
        self.of_shape: list[list[Peer]] = []
        places: dict[object, int] = {}
        for peer in peers:
            shape = peer.shape
            at = places.get(shape)
            if at is None:
                at = places[shape] = len(self.shapes)
                self.shapes.append(peer)
                self.of_shape.append([])
            self.of_shape[at].append(peer)
        self.place = {id(p): at for at, group in enumerate(self.of_shape) for p in group}
        size = len(self.shapes)
        self.count = size
        self.all = (1 << size) - 1
        self.hosts = gathered((i for i, p in enumerate(self.shapes) if p.host), size)
        self.subject = self.all if hosts_are_pods else self.all & ~self.hosts
        """Pods that policies select: those of the host's network have no address of their own."""
        spaces: dict[str, list[int]] = {}
        for i, peer in enumerate(self.shapes):
            spaces.setdefault(peer.namespace, []).append(i)
        self.in_space = {name: gathered(those, size) for name, those in spaces.items()}
        described = list(namespaces)
        self.space_labels = _space_labels(described, spaces)
        self._undescribed = sorted(spaces.keys() - {item.name for item in described})
        self._spaces = sorted(self.space_labels)
        self._selected: dict[tuple[Selector, str | None], int] = {}

    @cached_property
    def labels(self) -> _Labels:
        """Return which pods have which label."""
        return _Labels(peer.labels for peer in self.shapes)

    @cached_property
    def _of_spaces(self) -> _Labels:
        return _Labels(self.space_labels[name] for name in self._spaces)

    def spaces(self, wanted: Selector) -> list[str]:
        """Return the namespaces that *wanted* selects."""
        every = (1 << len(self._spaces)) - 1
        return [self._spaces[i] for i in members(pick(wanted, self._of_spaces.having, every))]

    def within(self, wanted: Selector) -> int:
        """Return the pods of the namespaces that *wanted* selects."""
        if not wanted.wants and not wanted.bars:
            return self.subject
        found = 0
        for name in self.spaces(wanted):
            found |= self.in_space.get(name, 0)
        if not _by_name(wanted):
            found &= ~self.undescribed()  # it may have a label that is barred
        return found & self.subject

    def perhaps_within(self, wanted: Selector) -> int:
        """Return the pods of namespaces that *wanted* may select: no object tells their labels."""
        if _by_name(wanted) or self.closed:
            return 0
        known = Selector(
            tuple((key, values) for key, values in wanted.wants if key == NAME),
            tuple((key, values) for key, values in wanted.bars if key == NAME),
        )
        allowed = set(self.spaces(known))
        found = 0
        for name in self._undescribed:
            if name in allowed:
                found |= self.in_space[name]
        return found & self.subject

    def undescribed(self) -> int:
        """Return the pods of namespaces of which no object tells the labels."""
        if self.closed:
            return 0
        found = 0
        for name in self._undescribed:
            found |= self.in_space[name]
        return found & self.subject

    def alike(
        self, keys: Sequence[str], own: Mapping[str, str] | None, *, same: bool
    ) -> tuple[int, int]:
        """Return the pods of namespaces whose labels *keys* are *own* (or not all *same*).

        They must have all the labels. No keys select nothing. And those that may be: of
        namespaces whose labels no object tells (*own* is None then), and of others where *own*
        lacks a label.
        """
        sure = perhaps = 0
        for space, labels in self.space_labels.items():
            if not keys or not all(key in labels for key in keys):
                continue
            mine = self.in_space.get(space, 0)
            if own is None:
                perhaps |= mine
            elif any(key in own and labels[key] != own[key] for key in keys):
                sure |= 0 if same else mine
            elif all(key in own for key in keys):
                sure |= mine if same else 0
            else:
                perhaps |= 0 if same else mine
        if any(key != NAME for key in keys):
            perhaps |= self.undescribed()
        return sure & self.subject, perhaps & self.subject & ~sure

    def within_blocks(self, blocks: Iterable[Spans]) -> tuple[int, int]:
        """Return the pods whose addresses all lie in *blocks*, and those of whom some may."""
        if self.closed:
            return 0, 0
        wanted: Spans = ()
        for one in blocks:
            wanted = sets.union(wanted, one)
        found = self._in_blocks.get(wanted)
        if found is None:
            found = self._in_blocks[wanted] = self._within(wanted)
        return found

    def _within(self, wanted: Spans) -> tuple[int, int]:
        sure = perhaps = 0
        for those, who in self._addressed.items():
            if not sets.minus(those, wanted):
                sure |= who
            elif sets.common(those, wanted):
                perhaps |= who
        hosts = self.all & ~self.subject
        return sure & self.subject, perhaps & self.subject | (hosts if wanted else 0)

    @cached_property
    def _addressed(self) -> dict[Spans, int]:
        """Return who has which addresses; where no live pod tells, those that it may have."""
        told: list[Spans] = []
        for group in self.of_shape:
            known: Spans = ()
            if all(peer.ips for peer in group):
                numbers = [address(ip) for peer in group for ip in peer.ips]
                known = sets.spans((number, number) for number in numbers if number is not None)
            told.append(known)
        fours = any(low < SIX for those in told for low, _ in those)
        sixes = any(low >= SIX for those in told for low, _ in those)
        inner: Spans = ()
        for cidr in _INNER:
            six = ":" in cidr
            if (sixes if six else fours) or fours == sixes:
                inner = sets.union(inner, block(cidr) or ())
        made: dict[Spans, list[int]] = {}
        for place, those in enumerate(told):
            made.setdefault(those or inner, []).append(place)
        return {those: gathered(places, self.count) for those, places in made.items()}

    def select(self, wanted: Selector, among: int) -> int:
        """Return the pods that *wanted* selects of *among*."""
        return pick(wanted, self.labels.having, among & self.subject)

    def named(self, name: str, protocol: str | None) -> dict[tuple[str, int], int]:
        """Return which pods a named port means which (protocol, number) for.

        The first container port of that name counts, as the API has a name once in a pod.
        """
        return self._named.get((name, protocol), {})

    @cached_property
    def _named(self) -> dict[tuple[str, str | None], dict[tuple[str, int], int]]:
        found: dict[tuple[str, str | None], dict[tuple[str, int], list[int]]] = {}
        for i, peer in enumerate(self.shapes):
            seen: set[tuple[str, str | None]] = set()
            for name, protocol, number in peer.named:
                for key in ((name, protocol), (name, None)):
                    if key not in seen:
                        seen.add(key)
                        found.setdefault(key, {}).setdefault((protocol, number), []).append(i)
        return {
            key: {what: gathered(those, self.count) for what, those in by.items()}
            for key, by in found.items()
        }


def _by_name(wanted: Selector) -> bool:
    """Return whether a selector asks for the name alone, which every namespace has as a label."""
    return all(key == NAME for key, _ in (*wanted.wants, *wanted.bars))


def _space_labels(
    namespaces: Iterable[Namespace], used: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Return the labels of each namespace; one that no file describes has its name's alone."""
    made = {item.name: {**item.labels, NAME: item.name} for item in namespaces}
    for name in used:
        made.setdefault(name, {NAME: name})
    return made
