"""What policies let through: for each kind of pod, whom it may send to and hear from.

Pods that no policy tells apart are one class, and the classes are found by refining one block
by every set that some rule names. For a class and a direction the answer is a partition of
all peers by the ports that are open to them; twice: what is let through for *sure*, and what
*may* be, where something can not be known. The two differ only then.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from keten.cluster.network.deciding import Clause, Parts, Ruled, parted
from keten.cluster.network.policies import (
    ANYTHING,
    NODES,
    WAYS,
    Policy,
    Rule,
    Side,
    Tier,
    Way,
)
from keten.cluster.network.ports import ALL, Ports, ports
from keten.cluster.network.selection import Pods, gathered, members
from keten.cluster.network.spans import Spans
from keten.cluster.network.universe import Universe

_NODE = Policy("", "the node of the pod", Tier.PLAIN, 0)
_NODE_RULE = Rule("allow", ANYTHING, "")


class _Held(Struct, frozen=True):
    """Pods that a policy isolates in a direction; not *sure*: that may do so."""

    subjects: int
    sure: bool
    policy: Policy


class Judge:
    """The policies of one network, compiled. *unseen*: bits of pods whose labels are unknown.

    *hosts* are the pods in their node's network, *names* those of hosts that are asked for.
    """

    def __init__(
        self,
        pods: Pods,
        policies: Sequence[Policy],
        *,
        hosts: int = 0,
        unseen: int = 0,
        names: frozenset[str] = frozenset(),
    ) -> None:
        self.pods = pods
        self.policies = policies
        self._hosts = hosts
        self._unseen = unseen
        self.universes = {way: Universe(pods.count, policies, way, names) for way in WAYS}
        self.clauses: dict[Way, list[Clause]] = {way: list(self._compiled(way)) for way in WAYS}
        self.held: dict[Way, list[_Held]] = {way: list(self._holding(way)) for way in WAYS}
        self._known: dict[tuple[Way, int], Parts] = {}
        self._same: dict[tuple[Way, tuple[int, ...], bool | None], Parts] = {}
        self._ruled: Ruled = {}

    def _sides(self, way: Way) -> Iterator[tuple[Policy, Side]]:
        for policy in self.policies:
            side = policy.side(way)
            if side is not None and policy.subjects | policy.perhaps:
                yield policy, side

    def _compiled(self, way: Way) -> Iterator[Clause]:
        universe = self.universes[way]
        blocks: dict[Spans, int] = {}
        for policy, side in self._sides(way):
            for rule in side.rules:
                sure, perhaps = universe.said(rule, blocks)
                if rule.anyone and (rule.action == "allow" or not self.pods.closed):
                    perhaps |= self._unseen & ~sure
                perhaps |= rule.perhaps & ~sure
                for held, known in ((policy.subjects, True), (policy.perhaps, False)):
                    for subjects, peers, those in self._targets(held, rule, way):
                        for who, certain in ((sure & peers, rule.sure), (perhaps & peers, False)):
                            if who and subjects:
                                yield Clause(
                                    policy.tier, rule.action, subjects, who, those,
                                    certain and known, policy, rule,
                                )  # fmt: skip
        outside = (self._hosts | universe.entity(NODES)) if self.policies else 0
        if outside:  # a node reaches its own pods, whatever policies say; which, is not known
            yield Clause(Tier.PLAIN, "allow", self.pods.all, outside, ALL, sure=False,
                         policy=_NODE, rule=_NODE_RULE)  # fmt: skip

    def _targets(self, held: int, rule: Rule, way: Way) -> Iterator[tuple[int, int, Ports]]:
        """Yield (subjects, peers, ports) of a rule: a named port means what its pods say."""
        every = self.universes[way].all
        if rule.match.fixed:
            yield held, every, rule.match.fixed
        for name, protocol in rule.match.named:
            for (spoken, number), pods in self.pods.named(name, protocol).items():
                if way == "ingress":
                    yield held & pods, every, ports(spoken, [(number, number)])
                else:
                    yield held, pods, ports(spoken, [(number, number)])

    def _holding(self, way: Way) -> Iterator[_Held]:
        for policy, side in self._sides(way):
            if side.isolates is not False and policy.tier is not Tier.BASELINE:
                yield _Held(policy.subjects, side.isolates is True, policy)
                if policy.perhaps:
                    yield _Held(policy.perhaps, sure=False, policy=policy)

    @cached_property
    def classes(self) -> list[int]:
        """Return for each shape the number of its class."""
        return _refined(
            self.pods,
            (
                bits
                for way in WAYS
                for bits in (
                    *self._subjects(way),
                    *(clause.peers & self.pods.all for clause in self.clauses[way]),
                )
            ),
        )

    def _subjects(self, way: Way) -> Iterator[int]:
        yield from (held.subjects for held in self.held[way])
        yield from (clause.subjects for clause in self.clauses[way])

    @cached_property
    def _held_alike(self) -> dict[Way, list[int]]:
        """Return for each shape the number of its class of those that the same rules hold."""
        return {way: _refined(self.pods, self._subjects(way)) for way in WAYS}

    @cached_property
    def representatives(self) -> dict[int, int]:
        """Return one shape of each class: class to shape."""
        made: dict[int, int] = {}
        for place, label in enumerate(self.classes):
            made.setdefault(label, place)
        return made

    @cached_property
    def of_class(self) -> dict[int, int]:
        """Return the shapes of each class, by its representative."""
        first = self.representatives
        places: dict[int, list[int]] = {}
        for place, label in enumerate(self.classes):
            places.setdefault(first[label], []).append(place)
        return {rep: gathered(those, self.pods.count) for rep, those in places.items()}

    @cached_property
    def _relevant(self) -> dict[Way, dict[int, list[int]]]:
        """Return which clauses hold each class of ``_held_alike``."""
        found: dict[Way, dict[int, list[int]]] = {}
        for way in WAYS:
            labels = self._held_alike[way]
            first: dict[int, int] = {}
            for place, label in enumerate(labels):
                first.setdefault(label, place)
            chosen = gathered(first.values(), self.pods.count)
            lists: dict[int, list[int]] = {label: [] for label in first}
            for i, clause in enumerate(self.clauses[way]):
                for place in members(clause.subjects & chosen):
                    lists[labels[place]].append(i)
            found[way] = lists
        return found

    @cached_property
    def _isolated(self) -> dict[Way, tuple[int, int]]:
        """Return whom some policy isolates: for sure, and perhaps."""
        made: dict[Way, tuple[int, int]] = {}
        for way in WAYS:
            sure = perhaps = 0
            for held in self.held[way]:
                perhaps |= held.subjects
                sure |= held.subjects if held.sure else 0
            made[way] = (sure, perhaps)
        return made

    def isolated(self, way: Way) -> tuple[int, int]:
        """Return whom some policy isolates in a direction: for sure, and perhaps."""
        return self._isolated[way]

    def relevant(self, way: Way, place: int) -> list[int]:
        """Return the positions of the clauses that hold the pods of a shape."""
        return self._relevant[way][self._held_alike[way][place]]

    def parts(self, way: Way, place: int) -> Parts:
        """Return whom the pods of a shape may hear from (ingress) or send to (egress)."""
        label = self._held_alike[way][place]
        known = self._known.get((way, label))
        if known is None:
            those = tuple(self._relevant[way][label])
            sure, perhaps = self._isolated[way]
            isolated = True if sure >> place & 1 else (None if perhaps >> place & 1 else False)
            key = (way, those, isolated)
            known = self._same.get(key)
            if known is None:
                clauses = [self.clauses[way][i] for i in those]
                known = self._same[key] = parted(
                    clauses, self.universes[way].all, self._ruled, isolated=isolated
                )
            self._known[way, label] = known
        return known


def _refined(pods: Pods, sets: Iterable[int]) -> list[int]:
    """Return for each shape the number of its block: shapes of one block are in the same sets."""
    seen: set[int] = {0, pods.all}
    label = [0] * pods.count
    fresh = 1
    for bits in sets:
        if bits in seen:
            continue
        rest = pods.all & ~bits
        seen |= {bits, rest}
        moved: dict[int, int] = {}
        for place in members(bits if bits.bit_count() <= rest.bit_count() else rest):
            old = label[place]
            new = moved.get(old)
            if new is None:
                new = moved[old] = fresh
                fresh += 1
            label[place] = new
    return label
