"""Cases of checks: facts as text, the verdict they must give, and what must be said.

A cases file has sections ``-- fail: title --``, ``-- pass: title --``, ``-- unknown: title --``;
below each, facts as ``keten graph dump`` prints them, and in a failing one a line
``want: message`` for each violation.
"""

import re
from datetime import date

from msgspec import Struct

from keten.graph.places import Places
from keten.graph.store import Graph
from keten.graph.text import parse
from keten.model.check import Check
from keten.model.finding import Finding, Verdict
from keten.model.needs import wide
from keten.pipeline.judge import asked, judge

TODAY = date(2026, 11, 22)
_SECTION = re.compile(r"^-- (fail|pass|unknown): (.+) --$\n?", re.MULTILINE)
_WANT = re.compile(r"^want: (.*)$\n?", re.MULTILINE)


class Case(Struct, frozen=True):
    """One section of a cases file; *facts* is text, *want* the messages in order."""

    verdict: Verdict
    title: str
    facts: str
    want: tuple[str, ...]


def cases(text: str) -> list[Case]:
    """Return the cases in *text*."""
    parts = _SECTION.split(text)[1:]
    return [
        Case(Verdict(verdict), title, _WANT.sub("", body), tuple(_WANT.findall(body)))
        for verdict, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def ask(
    name: str, check: Check, facts: str, now: date = TODAY
) -> tuple[set[Verdict], list[Finding]]:
    """Judge the facts; return the verdicts given (PASS too) and the findings."""
    parsed = parse(facts)
    view = Graph(parsed, now, local=not wide(check.needs))
    verdicts: set[Verdict] = set()
    findings: list[Finding] = []
    for node in parsed.nodes:
        if not asked(check, node):
            continue
        got = list(judge(name, check, node, view, places=Places(parsed.places)))
        verdicts |= {f.verdict for f in got} or {Verdict.PASS}
        findings += got
    return verdicts, findings
