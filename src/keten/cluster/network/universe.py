"""Everything that traffic of one direction may come from or go to, as bits of one number.

Pods by shape come first, then entities (nodes, the API server, names of hosts), then the
address line, cut wherever a rule of the direction cuts it.
"""

import re
from collections.abc import Iterable
from functools import cached_property

from keten.cluster.network import addresses
from keten.cluster.network import spans as sets
from keten.cluster.network.policies import NODES, Policy, Rule, Way
from keten.cluster.network.selection import gathered
from keten.cluster.network.spans import Span, Spans

WORLD = "{world}"
_FULL = addresses.FOURS


class Universe:
    """The peers of one direction: *pods* shapes, then entities, then pieces of addresses."""

    def __init__(
        self,
        pods: int,
        policies: Iterable[Policy],
        way: Way,
        asked: frozenset[str] = frozenset(),
    ) -> None:
        rules = [rule for p in policies if (side := p.side(way)) for rule in side.rules]
        blocks = {block for rule in rules for block in rule.blocks}
        self.blocks = blocks
        self.pieces: list[Span] = addresses.cut(blocks)
        self.named = {name.rstrip("?") for rule in rules for name in rule.entities} - {WORLD}
        self.entities = sorted({NODES, *self.named, *asked})
        self._pods = pods
        self._entity = {name: pods + i for i, name in enumerate(self.entities)}
        self._first = pods + len(self.entities)
        self.count = self._first + len(self.pieces)
        self.all = (1 << self.count) - 1
        self._starts = {low: i for i, (low, _) in enumerate(self.pieces)}

    def entity(self, name: str) -> int:
        """Return the bit of an entity, 0 where no rule names it."""
        place = self._entity.get(name)
        return 0 if place is None else 1 << place

    def touching(self, wanted: Spans) -> list[int]:
        """Return the bit of each piece that has an address of *wanted*."""
        return [
            1 << (self._first + i)
            for i, piece in enumerate(self.pieces)
            if sets.common(wanted, (piece,))
        ]

    @cached_property
    def outside(self) -> int:
        """Return the bits of all addresses."""
        return ((1 << len(self.pieces)) - 1) << self._first

    @cached_property
    def fours(self) -> int:
        """Return the bits of the addresses of IPv4."""
        return self._of(addresses.FOURS)

    @property
    def six(self) -> bool:
        """Return whether some rule names addresses of IPv6."""
        return any(low >= addresses.SIX for block in self.blocks for low, _ in block)

    @cached_property
    def hosts(self) -> int:
        """Return the bits of named hosts."""
        return sum(1 << i for name, i in self._entity.items() if not name.startswith("{"))

    def said(self, rule: Rule, cache: dict[Spans, int]) -> tuple[int, int]:
        """Return whom *rule* names for sure, and whom perhaps besides."""
        if rule.everyone:
            return self.all, 0
        sure, perhaps = rule.pods, 0
        for block in rule.blocks:
            bits = cache.get(block)
            if bits is None:
                bits = cache[block] = self._of(block)
            sure |= bits
            if sets.minus(_FULL, block):
                perhaps |= self.hosts | self.entity(NODES)  # theirs may be among the addresses
            else:
                sure |= self.hosts | self.entity(NODES)
        for name in rule.entities:
            if name == WORLD:
                sure |= self.outside | self.hosts
            elif name.endswith("?"):
                perhaps |= self.entity(name[:-1])
            elif name.startswith("{"):
                sure |= self.entity(name)
            else:
                sure |= self._matching(name)
        return sure, perhaps & ~sure

    def _matching(self, name: str) -> int:
        found = self.entity(name)
        if "*" in name:
            pattern = _pattern(name)
            for other, place in self._entity.items():
                if "*" not in other and pattern.fullmatch(other):
                    found |= 1 << place
        return found

    def _of(self, block: Spans) -> int:
        places: list[int] = []
        for low, high in block:
            i = self._starts[low]
            while i < len(self.pieces) and self.pieces[i][1] <= high:
                places.append(self._first + i)
                i += 1
        return gathered(places, self.count)

    def shown(self, bits: int) -> list[Span]:
        """Return the pieces of addresses among *bits*."""
        high = bits >> self._first
        return [piece for i, piece in enumerate(self.pieces) if high >> i & 1]

    def names(self, bits: int) -> list[str]:
        """Return the entities among *bits* that some rule names."""
        return [
            name for name, place in self._entity.items() if name in self.named and bits >> place & 1
        ]


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a name with ``*`` stands for: a part of a label; ``**.`` for labels before it."""
    if name in ("*", "**"):
        return re.compile(".*")
    begin, rest = "", name
    if name.startswith("**."):
        begin, rest = r"([-a-z0-9_]+\.)+", name[3:]
    return re.compile(begin + "[-a-z0-9_]*".join(re.escape(part) for part in rest.split("*")))
