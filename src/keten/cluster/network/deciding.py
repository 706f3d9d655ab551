"""How the rules that hold a kind of pod come down to open ports: the tiers, one after the other.

Everything is asked twice: what is let through in any case (*sure*), and what may be at best.
What is not sure counts against, or in favour. Of policies of one tier and priority any may
decide, as the API says: in any case is then what all of them agree on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from keten.cluster.network.policies import Action, Policy, Rule, Tier
from keten.cluster.network.ports import ALL, NONE, Ports

Parts = tuple[tuple[Ports, Ports, int], ...]
"""All peers, parted by what is open to them: (for sure, perhaps, who)."""

Ruled = dict[tuple[bool, tuple[int, ...]], tuple[dict[Ports, int], dict[Ports, int]]]
"""What administrators' rules make of all peers, by the rules: many classes share them."""

_State = tuple[Ports, Ports, Ports, Ports]
"""Ports that are allowed, still open to be decided, passed on; and of those still open the ones
that a Pass may have passed on of which it is not known whether it holds."""
_States = dict[_State, int]


class Clause(Struct, frozen=True):
    """A rule, or a part of one, for the *subjects* it holds (bits of shapes)."""

    tier: Tier
    action: Action
    subjects: int
    peers: int
    ports: Ports
    sure: bool
    policy: Policy
    rule: Rule


def parted(
    clauses: Sequence[Clause], everyone: int, ruled: Ruled, *, isolated: bool | None
) -> Parts:
    """Return all peers of pods that *clauses* hold; *isolated*: by policies of namespaces."""
    if isolated is False and not clauses:
        return ((ALL, ALL, everyone),)
    lower = decide(clauses, everyone, ruled, isolated=isolated is not False, sure=True)
    certain = isolated is not None and all(clause.sure for clause in clauses)
    if certain and not tied(clauses):
        return tuple((those, those, who) for those, who in lower.items())
    upper = decide(clauses, everyone, ruled, isolated=isolated is True, sure=False)
    if isolated is None:
        other = decide(clauses, everyone, ruled, isolated=False, sure=True)
        lower = _joined(lower, other, _both)
        other = decide(clauses, everyone, ruled, isolated=True, sure=False)
        upper = _joined(upper, other, _either)
    made: dict[tuple[Ports, Ports], int] = {}
    for low, who in lower.items():
        for high, others in upper.items():
            both = who & others
            if both:
                key = (low, high | low)
                made[key] = made.get(key, 0) | both
    return tuple((low, high, who) for (low, high), who in made.items())


def decide(
    clauses: Sequence[Clause], everyone: int, ruled: Ruled, *, isolated: bool, sure: bool
) -> dict[Ports, int]:
    """Return all peers parted by the open ports: the tiers in their order.

    *sure*: what is let through in any case; otherwise what may be at best.
    """
    counted = [c for c in clauses if c.sure or c.action == "pass" or (c.action == "deny") is sure]
    ruling = [c for c in counted if c.tier is Tier.ADMIN]
    plain = [c for c in counted if c.tier is Tier.PLAIN]
    last = [c for c in counted if c.tier is Tier.BASELINE]
    rest = {ALL: everyone}
    allowed: dict[Ports, int] = {NONE: everyone}
    if ruling:
        key = (sure, tuple(map(id, ruling)))
        if key not in ruled:
            ruled[key] = _ordered(ruling, rest, sure=sure)
        allowed, rest = ruled[key]
    denied = _summed((c for c in plain if c.action == "deny"), everyone)
    if len(denied) > 1:
        rest = _joined(rest, denied, _without)
    if isolated:
        named = _summed((c for c in plain if c.action == "allow"), everyone)
        rest = named if len(rest) == 1 and ALL in rest else _joined(rest, named, _both)
    elif last:
        by_baseline, left = _ordered(last, rest, sure=sure)
        rest = _joined(by_baseline, left, _either)
    return rest if len(allowed) == 1 and NONE in allowed else _joined(allowed, rest, _either)


def _summed(clauses: Iterable[Clause], everyone: int) -> dict[Ports, int]:
    """Return all peers parted by the ports that some clause names for them."""
    return united(((clause.ports, clause.peers) for clause in clauses), everyone)


def united(cover: Iterable[tuple[Ports, int]], everyone: int) -> dict[Ports, int]:
    """Return all peers parted by the union of the ports that *cover* has for each of them."""
    made: dict[Ports, int] = {NONE: everyone}
    for ports, who in cover:
        for those, there in list(made.items()):
            hit = there & who
            if not hit:
                continue
            more = those | ports
            if more == those:
                continue
            if hit == there:
                del made[those]
            else:
                made[those] = there ^ hit
            made[more] = made.get(more, 0) | hit
    return made


# --- the order of rules ---


def ranks(clauses: Iterable[Clause]) -> Iterator[list[list[Clause]]]:
    """Yield the clauses of one tier by priority, in each the clauses of every policy apart."""
    for _, alike in groupby(clauses, lambda c: (c.tier, c.policy.priority)):
        yield [list(those) for _, those in groupby(alike, lambda c: id(c.policy))]


def tied(clauses: Sequence[Clause]) -> bool:
    """Return whether two policies of administrators have one priority, so that either may rule."""
    ruling = [c for c in clauses if c.tier is not Tier.PLAIN]
    return any(len(policies) > 1 for policies in ranks(ruling))


def _ordered(
    clauses: Iterable[Clause], rest: dict[Ports, int], *, sure: bool
) -> tuple[dict[Ports, int], dict[Ports, int]]:
    """Return what the clauses allow and what they leave open, the first that matches deciding."""
    state: _States = {(NONE, those, NONE, NONE): who for those, who in rest.items()}
    for policies in ranks(clauses):
        if len(policies) == 1:
            _apply(state, policies[0], sure=sure)
        else:
            state = _either_first(state, policies, sure=sure)
    given: dict[Ports, int] = {}
    left: dict[Ports, int] = {}
    for (allowed, still, passed, _), who in state.items():
        given[allowed] = given.get(allowed, 0) | who
        left[still | passed] = left.get(still | passed, 0) | who
    return given, left


def _apply(state: _States, clauses: Iterable[Clause], *, sure: bool) -> None:
    """Let the clauses of one policy decide, one after the other."""
    for clause in clauses:
        for key, who in list(state.items()):
            hit = who & clause.peers
            taken = key[1] & clause.ports
            if not hit or not taken:
                continue
            if clause.action == "pass" and not clause.sure:
                new = (*key[:3], key[3] | taken)
            else:
                new = _taken(key, clause.action, taken, sure=sure)
            if new == key:
                continue  # and others, that this clause brought here, stay
            if hit == who:
                del state[key]
            else:
                state[key] = who ^ hit
            state[new] = state.get(new, 0) | hit


def _taken(key: _State, action: Action, taken: Ports, *, sure: bool) -> _State:
    """Return the state once *taken* is decided.

    Where a Pass may have come before, the worse (or at best the better) of both counts: what
    lower tiers say is never better than allowed, and never worse than denied.
    """
    allowed, still, passed, maybe = key
    if action == "pass":
        passed |= taken
    elif (action == "allow") is sure:
        passed |= taken & maybe
        if action == "allow":
            allowed |= taken - maybe
    elif action == "allow":
        allowed |= taken
    return allowed, still - taken, passed, maybe - taken


def _either_first(state: _States, policies: Sequence[list[Clause]], *, sure: bool) -> _States:
    """Return the state once policies of one priority have decided, in whatever order."""
    everyone = 0
    for who in state.values():
        everyone |= who
    merged: _States | None = None
    for clauses in policies:
        one: _States = {(NONE, ALL, NONE, NONE): everyone}
        _apply(one, clauses, sure=sure)
        merged = one if merged is None else _crossed(merged, one, sure=sure)
    made: _States = {}
    for key, who in state.items():
        for (allowed, still, passed, maybe), others in (merged or {}).items():
            if not (both := who & others):
                continue
            new = key
            denied = ALL - allowed - still - passed
            open_ = key[1]
            new = (*new[:3], new[3] | (open_ & maybe))
            new = _taken(new, "pass", open_ & passed, sure=sure)
            new = _taken(new, "allow", open_ & allowed, sure=sure)
            new = _taken(new, "deny", open_ & denied, sure=sure)
            made[new] = made.get(new, 0) | both
    return made


def _crossed(a: _States, b: _States, *, sure: bool) -> _States:
    """Return what two policies of one priority say together: the worst of it, or the best."""
    made: _States = {}
    for one, who in a.items():
        for other, others in b.items():
            both = who & others
            if not both:
                continue
            allowed, passed, maybe = one[0] | other[0], one[2] | other[2], one[3] | other[3]
            denied = (ALL - one[0] - one[1] - one[2]) | (ALL - other[0] - other[1] - other[2])
            if sure:
                passed = (passed | (allowed & maybe)) - denied
                allowed = allowed - denied - passed
            else:
                passed = (passed | (denied & maybe)) - allowed
                denied = denied - allowed - passed
            still = ALL - allowed - passed - denied
            new = (allowed, still, passed, maybe & still)
            made[new] = made.get(new, 0) | both
    return made


def _joined(
    a: dict[Ports, int], b: dict[Ports, int], how: Callable[[Ports, Ports], Ports]
) -> dict[Ports, int]:
    made: dict[Ports, int] = {}
    for x, who in a.items():
        for y, others in b.items():
            both = who & others
            if both:
                those = how(x, y)
                made[those] = made.get(those, 0) | both
    return made


def _both(a: Ports, b: Ports) -> Ports:
    return a & b


def _either(a: Ports, b: Ports) -> Ports:
    return a | b


def _without(a: Ports, b: Ports) -> Ports:
    return a - b
