"""The judging stage: every check, asked of every node of its type.

A check says only what it saw. Its id, severity, verdict, place and fingerprint are stamped
here, so that no check can get them wrong.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b

import msgspec

from keten import plugs
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.delivery import Credential, Package
from keten.model.facts import Node, View
from keten.model.finding import Finding, Location, Severity, Verdict, Violation
from keten.model.needs import wide
from keten.model.nodes import TYPES
from keten.pipeline import needed
from keten.pipeline.asides import SAID, eased
from keten.pipeline.asking import Asking, gaps_of
from keten.pipeline.choosing import link_of
from keten.pipeline.flood import Flood, Rest
from keten.pipeline.guard import Broken, attempt, attempts

MADE = 80
"""The most characters of an instruction, or of a path in an archive, that a finding tells."""
_INSIDE = ("nested", "shaded")
Checks = Mapping[type, Sequence[tuple[str, Check]]]


class Lack(msgspec.Struct):
    """Nodes (each with its ref) that *check* could not judge for want of *need*.

    They stand in *places*: of most of them nobody asks where.
    """

    check: str
    need: str
    subjects: list[tuple[Node, str]]
    places: Places


class Judged(msgspec.Struct):
    """What judging gave. *tallies*: check id to counts of PASS, FAIL, UNKNOWN, ERROR.

    Passes are counted and not kept: a claim that nothing is wrong is replayed from the facts.
    What was not judged for want of evidence is gathered in *lacks* and becomes findings only
    where somebody speaks of them one by one: ten thousand packages may lack one database.
    Of a flood *rests* are counted (keten.pipeline.flood).
    """

    findings: list[Finding] = []
    tallies: dict[str, list[int]] = {}
    lacks: list[Lack] = []
    rests: list[Rest] = []

    def count(self, check: str, verdict: Verdict, times: int = 1) -> None:
        """Count a verdict."""
        self.tallies.setdefault(check, [0, 0, 0, 0])[_COLUMN[verdict]] += times

    def add(self, other: "Judged") -> None:
        """Take in what was judged elsewhere."""
        self.findings += other.findings
        self.lacks = [*self.lacks, *other.lacks]
        self.rests = [*self.rests, *other.rests]
        for check, counts in other.tallies.items():
            mine = self.tallies.setdefault(check, [0, 0, 0, 0])
            for column, count in enumerate(counts):
                mine[column] += count


_COLUMN = {v: i for i, v in enumerate((Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.ERROR))}


def select(
    chosen: Callable[[str], bool], *, of: Iterable[type], sections: Container[str] = ()
) -> Checks:
    """Import the *chosen* checks whose subject is one *of* the types that occur.

    *sections* are those of keten.toml that say something: a check of another is not asked.
    """
    table: dict[type, list[tuple[str, Check]]] = {kind: [] for kind in of}
    occur = {kind.__name__ for kind in table}
    for name in plugs.names(Check):
        if chosen(name) and _subject(name) in occur | {""}:
            check = plugs.load(Check, name)
            if check.subject in table and (not check.section or check.section in sections):
                table[check.subject].append((name, check))
    return table


_SUBJECT = b"\n    subject="


@cache
def _subject(name: str) -> str:
    """Return the name of a check's subject as its source has it, "" where that does not tell.

    Most checks ask of what does not occur: they need not be imported to know that.
    """
    _, begins, rest = plugs.source(Check, name).partition(_SUBJECT)
    word, ends, _ = rest.partition(b",\n")
    return word.decode() if begins and ends and word.isalnum() else ""


def subjects(chosen: Callable[[str], bool]) -> frozenset[type]:
    """Return the types of node that the *chosen* checks ask about, or whose like they need.

    A check that asks the graph may ask about any type.
    """
    checks = [plugs.load(Check, name) for name in plugs.names(Check) if chosen(name)]
    if any(wide(check.needs) for check in checks):
        return frozenset(TYPES.values())
    return frozenset(check.subject for check in checks)


def local(checks: Checks) -> Checks:
    """Return those that can be judged where their facts are made."""
    return {k: [(n, c) for n, c in cs if not wide(c.needs)] for k, cs in checks.items()}


def waiting(checks: Checks) -> Checks:
    """Return those that wait for the whole graph."""
    return {k: [(n, c) for n, c in cs if wide(c.needs)] for k, cs in checks.items()}


_OF_LOCKS = frozenset({"lockfile", "packages"})


def asked(check: Check, node: Node) -> bool:
    """Return whether *check* is asked of *node* at all.

    How a lockfile pins is not asked of what is installed.
    """
    if type(node) is not check.subject or (check.applies is not None and not check.applies(node)):
        return False
    installed = isinstance(node, Package) and node.installed
    return not installed or _OF_LOCKS.isdisjoint(check.needs)


def judge_all(nodes: Iterable[Node], checks: Checks, view: Graph, places: Places) -> Judged:
    """Ask *checks* of *nodes*."""
    judged = Judged([], {})
    lacks: dict[tuple[str, str], Lack] = {}
    flood = Flood()
    tables = {kind: Asking(table, view) for kind, table in checks.items() if table}
    gaps = {kind: gaps_of(table, view) for kind, table in checks.items() if table}
    for node in nodes:
        asking = tables.get(type(node))
        if asking is None:
            continue
        ready = asking.ready(node)
        if not ready:  # of many packages none is asked
            continue
        ref = node.ref
        nowhere, some = gaps[type(node)]
        lacking = [*nowhere, *[n for n, refs in some if ref not in refs]]
        if lacking:
            kept = []
            for question in ready:
                need = question.lacks(lacking)
                if need:
                    key = question.name, need
                    lack = lacks.get(key)
                    if lack is None:
                        lack = lacks[key] = Lack(*key, [], places)
                    lack.subjects.append((node, ref))
                else:
                    kept.append(question)
            ready = kept
        if asking.sourced:
            ready = [question for question in ready if question.asks(ref)]
        for question, seen in zip(ready, attempts([q.run for q in ready], node, view), strict=True):
            if not seen:
                question.passed += 1
                continue
            name = question.name
            over = None if isinstance(node, Package) else flood
            judged.findings += _said(
                name, question.check, node, seen=seen, places=places, flood=over
            )
            if isinstance(seen, Broken):
                judged.count(name, Verdict.ERROR)
            else:
                judged.count(name, Verdict.FAIL, len(seen))
    for question in (question for asking in tables.values() for question in asking.questions):
        if question.passed:
            judged.count(question.name, Verdict.PASS, question.passed)
    judged.rests = flood.rests()
    judged.lacks = list(lacks.values())
    for lack in judged.lacks:
        judged.count(lack.check, Verdict.UNKNOWN, len(lack.subjects))
    return judged


def findings_of(lack: Lack) -> Iterator[Finding]:
    """Yield a finding for each node of *lack*."""
    check, link = plugs.load(Check, lack.check), link_of(lack.check)
    for node, ref in lack.subjects:
        location = lack.places.at(ref)
        yield Finding(
            check=lack.check,
            verdict=Verdict.UNKNOWN,
            severity=weight(check, lack.check, location),
            link=link,
            subject=ref,
            message=lack.need,
            fingerprint=fingerprint(lack.check, node, lack.need),
            location=location,
        )


def weight(check: Check, name: str, location: Location | None) -> Severity:
    """Return what it weighs at *location* that a check could not judge."""
    if location is None:
        return check.severity
    return eased(check.severity, link_of(name), location.path, check=name)


def judge(name: str, check: Check, node: Node, view: View, *, places: Places) -> Sequence[Finding]:
    """Ask one check about one node it is asked of (see ``asked``); nothing is said for PASS."""
    need = next((need for need in check.needs if not view.covers(node, need)), "")
    seen = None if need else attempt(check.run, node, view)
    return list(_said(name, check, node, seen=seen, need=need, places=places))


def _said(
    name: str,
    check: Check,
    node: Node,
    *,
    seen: list[Violation] | Broken | None,
    places: Places,
    need: str = "",
    flood: Flood | None = None,
) -> Iterator[Finding]:
    """Yield the findings of what was *seen*, or of the *need* that was not met.

    A check that broke is a finding, not a crash. What is one too many for *flood* is left to it.
    """
    if seen is None:
        lacking = Violation(need, key=need)
        yield _finding(name, check, node, lacking, places=places, verdict=Verdict.UNKNOWN)
        return
    if isinstance(seen, Broken):
        broke = Violation(f"the check broke: {seen.what}", key="error")
        yield _finding(name, check, node, broke, places=places, verdict=Verdict.ERROR)
        return
    keys: dict[str, int] = {}
    path = places.path(node.ref) if flood is not None else ""
    for violation in seen:
        key = violation.key or violation.at
        ordinal = keys[key] = keys.get(key, 0) + 1
        if flood is not None and path:
            severity = _weighs(name, check, violation, node=node, path=path)[0]
            identity = _identity(name, node, key, ordinal)
            if flood.over((name, Verdict.FAIL, severity, path), identity):
                continue
        yield _finding(name, check, node, violation, places=places, ordinal=ordinal)


def _finding(
    name: str,
    check: Check,
    node: Node,
    seen: Violation,
    *,
    places: Places,
    verdict: Verdict = Verdict.FAIL,
    ordinal: int = 1,
) -> Finding:
    location = places.find(node, seen.at)
    path = location.path if location else ""
    severity, why = _weighs(name, check, seen, node=node, path=path)
    if verdict is not Verdict.FAIL:
        why = ""
    return Finding(
        check=name,
        verdict=verdict,
        severity=severity,
        link=link_of(name),
        subject=node.ref,
        message=seen.message + why,
        fingerprint=fingerprint(name, node, seen.key or seen.at, ordinal),
        location=location,
        field=seen.at,
        change=seen.change,
        about=seen.about,
        why="; ".join(filter(None, (seen.why, *_origins(node)))),
        key=seen.key if verdict is Verdict.FAIL else "",
    )


def _weighs(
    name: str, check: Check, seen: Violation, *, node: Node, path: str
) -> tuple[Severity, str]:
    """Return what a violation weighs where it is, and how its message says why it is less."""
    full = check.severity if seen.severity is None else seen.severity
    severity = eased(full, link_of(name), path, check=name)
    if severity < full:
        return severity, f" ({SAID})"
    part = needed.by(name, node, full)
    return (needed.eased(full, node), f" (needed by {part})") if part else (full, "")


def _origins(node: Node) -> Iterator[str]:
    """Yield where in its file it is, and how that came into the image, where that is known."""
    if isinstance(node, Package):
        how, _, inside = node.source.partition(":")
        if how in _INSIDE:
            yield f"{how} in {_short(inside)}"
    if isinstance(node, Package | Credential) and node.layer:
        made = " ".join(node.instruction.split())
        if isinstance(node, Package) and node.based:
            yield "from the base image"
        elif made:
            yield f"layer made by {_short(made)}"


def _short(text: str) -> str:
    return text if len(text) <= MADE else text[: MADE - 1].rstrip() + "…"


def fingerprint(check: str, node: Node, key: str, ordinal: int = 1) -> str:
    """Return 20 hex digits that stay the same while lines move and other faults come and go."""
    text = _identity(check, node, key, ordinal)
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=10).hexdigest()


def _identity(check: str, node: Node, key: str, ordinal: int) -> str:
    return "\0".join((check, str(node.__struct_config__.tag), node.identity, key, str(ordinal)))
