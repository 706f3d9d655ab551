"""Why a connection is open or not: the rules that decide, on the sender's and the receiver's side.

The same clauses as the engine's, for one peer and one port, in the order in which they decide.
"""

from typing import Literal

from msgspec import Struct, structs

from keten.cluster.network.judge import Clause, Judge
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


ALLOWS, DENIES = "allows it", "denies it"
ISOLATES = "isolates these pods, and has no rule for this"
_FREE = "no policy holds these pods in this direction: everything is allowed"
_LEFT = "no rule of the baseline says otherwise: allowed"


class Asked(Struct, frozen=True):
    """What is asked: the side *way* of the pods at *place*, of the peer *bit*, and a port."""

    way: Way
    place: int
    bit: int
    protocol: str
    port: int


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
    doubts: list[Reason] = []
    for clause in clauses:
        if clause.tier is not Tier.ADMIN:
            continue
        if not clause.sure:
            doubts.append(_reason(clause))
            continue
        if clause.action == "pass":
            break
        return _decided(asked.way, clause, doubts)
    return _plain(judge, asked, clauses, doubts)


def _plain(judge: Judge, asked: Asked, clauses: list[Clause], doubts: list[Reason]) -> Side:
    way = asked.way
    holding = [held for held in judge.held[way] if held.subjects >> asked.place & 1]
    plain = [clause for clause in clauses if clause.tier is Tier.PLAIN]
    for clause in plain:
        if clause.action == "deny":
            if clause.sure:
                return _decided(way, clause, doubts)
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
    against = [d for d in doubts if d.what != ALLOWS]
    for clause in clauses:
        if clause.tier is Tier.BASELINE:
            if not clause.sure:
                against += [_reason(clause)] if clause.action == "deny" else []
                continue
            if clause.action == "deny":
                return _decided(way, clause, doubts)
            return _with(way, "yes", (_reason(clause),), against)
    baseline = any(clause.tier is Tier.BASELINE for clause in judge.clauses[way])
    return _with(way, "yes", (Reason(_LEFT if baseline else _FREE),), against)


def _decided(way: Way, clause: Clause, doubts: list[Reason]) -> Side:
    against = DENIES if clause.action == "allow" else ALLOWS
    verdict: Verdict = "yes" if clause.action == "allow" else "no"
    return _with(way, verdict, (_reason(clause),), [d for d in doubts if d.what == against])


def _with(way: Way, verdict: Verdict, reasons: tuple[Reason, ...], against: list[Reason]) -> Side:
    """Return the side; what may be and speaks against the verdict makes it unknown."""
    unique = tuple(dict.fromkeys((*reasons, *against)))
    return Side(way, "unknown" if against else verdict, unique)


def _reason(clause: Clause) -> Reason:
    what = {"allow": ALLOWS, "deny": DENIES, "pass": "passes it on"}[clause.action]
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
