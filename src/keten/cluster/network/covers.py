"""Whom each class of pods reaches, without one partition for each: the full reach of a cluster.

Where only rules that allow hold pods, what is open to a peer is the union of what each rule
names. So a sender's reach is a *cover*: ports with bits, where a peer may stand in several and
all of them are open to it. Rules are gathered from the sender's side, the receivers' ingress
included. Receivers that administrators' or deny rules hold are judged by their own partition,
and turned to the sender's side.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from keten.cluster.network.deciding import Clause, Parts, united
from keten.cluster.network.judge import Judge
from keten.cluster.network.policies import WAYS, Tier, Way
from keten.cluster.network.ports import ALL, Ports
from keten.cluster.network.selection import gathered, members

Cover = dict[int, int]
"""Bits of shapes by the number of their ports."""


_Turned = dict[tuple[Ports, Ports], int]
_NOBODY: _Turned = {}


class Reach(Struct):
    """Whom one class of senders reaches: for *sure*, and what *may* be."""

    sure: list[tuple[Ports, int]]
    may: list[tuple[Ports, int]]


class Covers:
    """The covers of the classes *inside* a network: representative to its shapes there."""

    def __init__(self, judge: Judge, inside: Mapping[int, int]) -> None:
        self._judge = judge
        self._inside = inside
        self._ports: list[Ports] = []
        self._numbers: dict[Ports, int] = {}
        self._crossings: dict[int, int] = {}
        self._everyone = judge.pods.all
        self._special = {way: self._held_otherwise(way) for way in WAYS}
        self._coded = {
            way: [(self._number(c.ports), c) for c in judge.clauses[way]] for way in WAYS
        }
        self._base, self._by_sender = self._heard()
        self._common: _Turned = {}
        self._besides: dict[int, _Turned] = {}
        self._without: dict[int, _Turned] = {}
        self._turn()

    def __iter__(self) -> Iterator[tuple[int, Reach]]:
        """Yield (representative, whom it reaches)."""
        for rep in self._inside:
            out_sure, out_may = self._sent(rep)
            in_sure, in_may = self._hears(rep)
            sure = self._crossed(out_sure, in_sure)
            may = sure
            if out_may is not out_sure or in_may is not in_sure:
                may = self._crossed(out_may, in_may)
            yield rep, Reach(sure, may)

    def _number(self, ports: Ports) -> int:
        number = self._numbers.get(ports)
        if number is None:
            number = self._numbers[ports] = len(self._ports)
            self._ports.append(ports)
        return number

    def _held_otherwise(self, way: Way) -> int:
        """Return the shapes that rules hold which do more than to allow."""
        found = 0
        for clause in self._judge.clauses[way]:
            if not _allows(clause):
                found |= clause.subjects
        return found

    def _sent(self, rep: int) -> tuple[Cover, Cover]:
        """Return to whom a sender's own side lets it send."""
        if self._special["egress"] >> rep & 1:
            return self._of_parts(rep)
        isolated, perhaps = self._judge.isolated("egress")
        sure: Cover = {}
        more: Cover = {}
        for i in self._judge.relevant("egress", rep):
            number, clause = self._coded["egress"][i]
            into = sure if clause.sure else more
            into[number] = into.get(number, 0) | clause.peers & self._everyone
        return self._with_free(
            sure,
            more,
            0 if perhaps >> rep & 1 else self._everyone,
            0 if isolated >> rep & 1 else self._everyone,
        )

    def _of_parts(self, rep: int) -> tuple[Cover, Cover]:
        sure: Cover = {}
        may: Cover = {}
        for low, high, who in self._judge.parts("egress", rep):
            those = who & self._everyone
            if those and low:
                sure[self._number(low)] = sure.get(self._number(low), 0) | those
            if those and high:
                may[self._number(high)] = may.get(self._number(high), 0) | those
        return (sure, sure) if sure == may else (sure, may)

    def _with_free(self, sure: Cover, more: Cover, free: int, freer: int) -> tuple[Cover, Cover]:
        """Return the covers with those that nothing isolates, for sure and at best."""
        number = self._number(ALL)
        may = sure
        if any(more.values()) or free != freer:
            may = dict(sure)
            for key, who in more.items():
                may[key] = may.get(key, 0) | who
            may[number] = may.get(number, 0) | freer
        if free:
            sure[number] = sure.get(number, 0) | free
        return sure, may

    def _heard(self) -> tuple[list[tuple[int, Clause]], dict[int, list[int]]]:
        """Return the ingress rules for all senders, and for each sender the further ones."""
        chosen = gathered(self._inside, self._judge.pods.count)
        base: list[tuple[int, Clause]] = []
        lists: dict[int, list[int]] = {rep: [] for rep in self._inside}
        for i, (number, clause) in enumerate(self._coded["ingress"]):
            if not _allows(clause):
                continue
            if clause.peers & chosen == chosen:
                base.append((number, clause))
                continue
            for rep in members(clause.peers & chosen):
                lists[rep].append(i)
        return base, lists

    def _hears(self, rep: int) -> tuple[Cover, Cover]:
        """Return which receivers let a sender in."""
        plain = self._everyone & ~self._special["ingress"]
        isolated, perhaps = self._judge.isolated("ingress")
        sure: Cover = {}
        more: Cover = {}
        for number, clause in (
            *self._base,
            *(self._coded["ingress"][i] for i in self._by_sender[rep]),
        ):
            into = sure if clause.sure else more
            into[number] = into.get(number, 0) | clause.subjects & plain
        sure, may = self._with_free(sure, more, plain & ~perhaps, plain & ~isolated)
        if self._special["ingress"]:
            if may is sure:
                may = dict(sure)
            for low, high, who in self._special_hears(rep):
                if low:
                    number = self._number(low)
                    sure[number] = sure.get(number, 0) | who
                number = self._number(high)
                may[number] = may.get(number, 0) | who
        return sure, may

    def _turn(self) -> None:
        """Turn the receivers of ``_special`` to the sender's side.

        Those that let most senders in alike are kept once, with the senders that they do not.
        """
        special = self._special["ingress"]
        chosen = gathered(self._inside, self._judge.pods.count)
        groups: dict[int, tuple[Parts, int]] = {}
        for rep, those in self._inside.items():
            if special >> rep & 1:
                parts = self._judge.parts("ingress", rep)
                before = groups.get(id(parts))
                groups[id(parts)] = (parts, (before[1] if before else 0) | those)
        half = chosen.bit_count() // 2
        for parts, listeners in groups.values():
            for low, high, who in parts:
                senders, rows = who & chosen, self._besides
                if not high or not senders:
                    continue
                key = (low, high)
                if senders.bit_count() > half:
                    self._common[key] = self._common.get(key, 0) | listeners
                    senders, rows = chosen & ~who, self._without
                for rep in members(senders):
                    row = rows.setdefault(rep, {})
                    row[key] = row.get(key, 0) | listeners

    def _special_hears(self, rep: int) -> Iterator[tuple[Ports, Ports, int]]:
        less = self._without.get(rep, _NOBODY)
        for key, who in self._common.items():
            if left := who & ~less.get(key, 0):
                yield *key, left
        for (low, high), who in self._besides.get(rep, _NOBODY).items():
            yield low, high, who

    def _crossed(self, a: Cover, b: Cover) -> list[tuple[Ports, int]]:
        """Return what is open where both sides have to let it through."""
        made: Cover = {}
        crossings = self._crossings
        for i, mine in a.items():
            if not mine:
                continue
            for j, theirs in b.items():
                key = i << 32 | j
                number = crossings.get(key)
                if number is None:
                    both = self._ports[i] & self._ports[j]
                    number = crossings[key] = self._number(both) if both else -1
                if number >= 0 and (who := mine & theirs):
                    made[number] = made.get(number, 0) | who
        return [(self._ports[number], who) for number, who in made.items()]


def _allows(clause: Clause) -> bool:
    return clause.tier is Tier.PLAIN and clause.action == "allow"


def parted(found: Reach, everyone: int) -> dict[tuple[Ports, Ports], int]:
    """Return a cover as a partition: who, by what is open to them for sure, and what may be."""
    low = united(found.sure, everyone)
    if found.may is found.sure:
        return {(those, those): who for those, who in low.items() if those}
    made: dict[tuple[Ports, Ports], int] = {}
    for high, who in united(found.may, everyone).items():
        for those, others in low.items():
            both = who & others
            if both and (those or high):
                made[those, those | high] = made.get((those, those | high), 0) | both
    return made
