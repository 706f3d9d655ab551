"""The gate: what is let through."""

from collections.abc import Sequence

from keten.config import Gate, severity
from keten.errors import Exit
from keten.model.evidence import Link
from keten.model.finding import Finding, Severity, Verdict
from keten.model.result import Decision, Unknown


def decide(findings: Sequence[Finding], unknown: Sequence[Unknown], gate: Gate) -> Decision:
    """Return the decision: a FAIL at the gate denies; else an UNKNOWN at it leaves it open.

    An ERROR is a question that was not answered: it counts as UNKNOWN.
    """
    bars = {link: severity(gate.links.get(link, gate.fail_on)) for link in Link}
    denied = [f for f in findings if f.verdict is Verdict.FAIL and _at(f.severity, bars[f.link])]
    if denied:
        words = sorted({gate.links.get(f.link, gate.fail_on) for f in denied})
        reason = f"{sum(f.times for f in denied)} at or above it"
        return Decision("denied", ", ".join(words), reason, int(Exit.DENIED))
    bar = severity(gate.unknown)
    broken = [f for f in findings if f.verdict is Verdict.ERROR and _at(f.severity, bar)]
    count = sum(1 for item in unknown if _at(item.severity, bar)) + sum(f.times for f in broken)
    if count:
        reason = f"{count} not known at or above it"
        return Decision("unknown", gate.unknown, reason, int(Exit.UNKNOWN))
    return Decision("allowed", gate.fail_on, "nothing at or above it", int(Exit.ALLOWED))


def _at(found: Severity, bar: Severity | None) -> bool:
    return bar is not None and found >= bar
