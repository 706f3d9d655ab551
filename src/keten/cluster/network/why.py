"""Why a connection is open or not: the rules that decide, on the sender's and the receiver's side.

The same clauses as the engine's, for one peer and one port, in the order in which they decide.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct, structs

from keten.cluster.network.deciding import Clause, ranks
from keten.cluster.network.judge import Judge
from keten.cluster.network.policies import Tier, Way

Verdict = Literal["yes", "no", "unknown"]


class Reason(Struct, frozen=True):
    """One rule that decides, or may: *what* it does, of which object (*ref*), where (*at*)."""

    what: str
    policy: str = ""
    ref: str = ""
    at: str = ""
    sure: bool = True
    notes: tuple[str, ...] = ()


class Side(Struct, frozen=True):
    """What one side says, and by which rules."""

    way: Way
    verdict: Verdict
    reasons: tuple[Reason, ...]


ALLOWS, DENIES, PASSES = "allows it", "denies it", "passes it on"
ISOLATES = "isolates these pods, and has no rule for this"
_FREE = "no policy selects these pods for {}: everything is allowed"
_LEFT = "no rule of the baseline says otherwise: allowed"
_VERDICTS: dict[str, Verdict] = {"allow": "yes", "deny": "no"}
_AGAINST: dict[Verdict, str] = {"yes": DENIES, "no": ALLOWS}


class Asked(Struct, frozen=True):
    """What is asked: the side *way* of the pods at *place*, of the peer *bit*, and a port."""

    way: Way
    place: int
    bit: int
    protocol: str
    port: int


_Then = Callable[[list[Reason]], Side]
"""What lower tiers say, given the doubts that the higher ones leave."""
_Doubts = Sequence[Reason]


def explain(judge: Judge, asked: Asked) -> Side:
    """Return what one side says, and why.

    The verdict is the engine's own; the reasons are the rules that lead to it.
    """
    side = rules(judge, asked)
    verdict: Verdict = "no"
    for sure, may, who in judge.parts(asked.way, asked.place):
        if who & asked.bit:
            verdict = "unknown" if may.holds(asked.protocol, asked.port) else "no"
            verdict = "yes" if sure.holds(asked.protocol, asked.port) else verdict
    return structs.replace(side, verdict=verdict)


def rules(judge: Judge, asked: Asked) -> Side:
    """Return what the rules say, read one after the other."""
    clauses = [
        clause
        for clause in judge.clauses[asked.way]
        if clause.subjects >> asked.place & 1
        and clause.peers & asked.bit
        and clause.ports.holds(asked.protocol, asked.port)
    ]
    ruling = [clause for clause in clauses if clause.tier is Tier.ADMIN]
    return _first(ruling, asked.way, lambda doubts: _plain(judge, asked, clauses, doubts))


def _first(clauses: list[Clause], way: Way, then: _Then, doubts: _Doubts = ()) -> Side:
    """Return what the first rule that matches decides, or else what comes *then*.

    Of policies of one priority either may be the first. A Pass of which it is not known whether
    it holds leaves open whether what comes after it is asked at all.
    """
    found = list(doubts)
    for policies in ranks(clauses):
        deciding: list[Clause] = []
        for own in policies:
            for clause in own:
                if clause.sure:
                    deciding.append(clause)
                    break
                found.append(_reason(clause))
        if deciding:
            return _of_either(deciding, way, then, found)
    return then(found)


def _of_either(deciding: list[Clause], way: Way, then: _Then, doubts: list[Reason]) -> Side:
    actions = {clause.action for clause in deciding}
    below = then([]) if "pass" in actions or any(d.what == PASSES for d in doubts) else None
    verdicts: set[Verdict] = set()
    if below is not None:
        verdicts.add(below.verdict)
    verdicts |= {_VERDICTS[action] for action in actions - {"pass"}}
    against = {_AGAINST[verdict] for verdict in verdicts if verdict in _AGAINST}
    if actions == {"pass"}:
        return then(doubts)
    reasons = tuple(_reason(clause) for clause in deciding)
    if len(verdicts) == 1:
        (verdict,) = verdicts
        return _with(way, verdict, reasons, [d for d in doubts if d.what in against])
    if len(deciding) > 1 and len(actions) > 1:
        note = f"policies of priority {deciding[0].policy.priority}: any may be the first"
        reasons = tuple(structs.replace(r, notes=(*r.notes, note)) for r in reasons)
    return Side(way, "unknown", (*reasons, *doubts))


def _plain(judge: Judge, asked: Asked, clauses: list[Clause], doubts: list[Reason]) -> Side:
    """Return what the policies of namespaces say, and below them the baseline."""
    way = asked.way
    holding = [held for held in judge.held[way] if held.subjects >> asked.place & 1]
    plain = [clause for clause in clauses if clause.tier is Tier.PLAIN]
    for clause in plain:
        if clause.action == "deny":
            if clause.sure:
                return _with(way, "no", (_reason(clause),), [d for d in doubts if d.what == ALLOWS])
            doubts.append(_reason(clause))
    allowing = [clause for clause in plain if clause.action == "allow"]
    certain = [clause for clause in allowing if clause.sure]
    if any(held.sure for held in holding):
        if certain:
            reasons = tuple(_reason(clause) for clause in certain)
            return _with(way, "yes", reasons, [d for d in doubts if d.what == DENIES])
        doubts += (_reason(clause) for clause in allowing)
        reasons = tuple(
            Reason(ISOLATES, held.policy.title, held.policy.ref, "spec")
            for held in holding
            if held.sure
        )
        return _with(way, "no", reasons, [d for d in doubts if d.what == ALLOWS])
    doubts += (
        Reason("may isolate these pods", held.policy.title, held.policy.ref, "spec", sure=False)
        for held in holding
    )
    return _last(judge, way, clauses, doubts)


def _last(judge: Judge, way: Way, clauses: list[Clause], doubts: list[Reason]) -> Side:
    """Return what the baseline says, where no policy of a namespace isolates the pods for sure."""
    against = [d for d in doubts if d.what not in (ALLOWS, PASSES)]
    baseline = any(clause.tier is Tier.BASELINE for clause in judge.clauses[way])
    free = Reason(_LEFT if baseline else _FREE.format(way))
    mine = [clause for clause in clauses if clause.tier is Tier.BASELINE]
    side = _first(mine, way, lambda more: _with(way, "yes", (free,), _denying(more)))
    if side.verdict == "no":
        return _with(way, "no", side.reasons, [d for d in doubts if d.what == ALLOWS])
    return _with(way, side.verdict, side.reasons, against)


def _denying(doubts: Iterable[Reason]) -> list[Reason]:
    return [doubt for doubt in doubts if doubt.what == DENIES]


def _with(
    way: Way, verdict: Verdict, reasons: tuple[Reason, ...], against: Iterable[Reason]
) -> Side:
    """Return the side; what may be and speaks against the verdict makes it unknown."""
    against = tuple(against)
    unique = tuple(dict.fromkeys((*reasons, *against)))
    return Side(way, "unknown" if against else verdict, unique)


def _reason(clause: Clause) -> Reason:
    what = {"allow": ALLOWS, "deny": DENIES, "pass": PASSES}[clause.action]
    return Reason(
        what, clause.policy.title, clause.policy.ref, clause.rule.at, clause.sure,
        (*clause.rule.notes, *clause.policy.notes),
    )  # fmt: skip


def both(out: Side | None, into: Side | None) -> Verdict:
    """Return what both sides say together."""
    said = [side.verdict for side in (out, into) if side is not None]
    if "no" in said:
        return "no"
    return "unknown" if "unknown" in said else "yes"
