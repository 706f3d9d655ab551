# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""The one engine: bytes in, credentials out; it keeps no secret and prints none.

One pass over the bytes finds the heads of all detectors (keten.secrets.prefilter), each hit is
confirmed by RE2 in a small window, then its structure is judged. Nothing here raises for any
bytes; what exceeded a ceiling is a Problem.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from msgspec import Struct

from keten.model.delivery import Credential
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts
from keten.model.finding import Severity
from keten.model.plug import Detector, Match
from keten.secrets import assignments, catalogue, heads, manifests, paths, prefilter
from keten.secrets.lazy import Lazy
from keten.secrets.placeholders import entropy, hollow
from keten.secrets.published import published

FILE_CEILING = 256 << 20
CHUNK = 32 << 20
OVERLAP = 32 << 10
EXAMPLE = 30  # this sure or less: what documentation writes; INFO, and no check judges it
_PROVEN = 98  # a checksum holds, say: words around it change nothing
_SURE = 90
_SAYING = 400
MISS_CEILING = 50_000  # candidates of one head in a chunk that are nothing
FOUND_CEILING = 500  # credentials in one file
_NOTHING = Facts()
_EXAMPLE = Lazy(
    rb"(?i)^\s{0,40}\$\s|"  # a shell's prompt: a transcript
    rb"\be\.g\.|\bfor (?:example|instance)\b|\bplaceholder\b|\bexamples?[\"']?\s{0,3}[:=]"
)
_COMMENT = Lazy(rb"\s{0,80}(?:#|//|;|\*\s|<!--|--\s|REM\s)")
_EDGE = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")


class Hit(Struct, frozen=True):
    """A candidate that was judged: its span in the bytes, and what is said of it."""

    start: int
    end: int
    rank: int
    detector: str
    title: str
    kind: str
    severity: Severity
    match: Match
    shape: str = ""


class Plan(Struct, frozen=True):
    """What each head leads to: a detector and the head's width, or None for an assignment."""

    find: prefilter.Finder
    leads: tuple[tuple[Detector | None, str], ...]


@cache
def plan(*, fallback: bool = False) -> Plan:
    """Return the compiled heads; *fallback* takes RE2 although Hyperscan is there."""
    tokens = catalogue.tokens()
    find, numbered = prefilter.finder(
        _heads, catalogue.digest(assignments.GATES), fallback=fallback
    )
    leads = tuple((None if owner < 0 else tokens[owner], head) for owner, head in numbered)
    return Plan(find, leads)


def _heads() -> prefilter.Heads:
    gates = [(-1, gate) for gate in assignments.GATES]
    return tuple(gates) + tuple(
        (number, head)
        for number, detector in enumerate(catalogue.tokens())
        for head in heads.heads(detector)
    )


def find(path: str, data: bytes, *, identifiers: bool = False, fallback: bool = False) -> Facts:
    """Return the credentials in one file, with their places; Facts without any if none.

    *path* is relative to the target. *identifiers* adds what is public but names an account,
    a bucket or a client, at INFO. The caller says that the content was looked at.
    """
    if paths.skipped(path):
        return _NOTHING
    data = paths.text(data) if paths.strange(data) else data
    if not data:
        return _NOTHING
    if len(data) > FILE_CEILING:
        size = f"larger than {FILE_CEILING >> 20} MiB: only its beginning was searched"
        problems: list[Problem] = [_problem(path, size)]
        data = data[:FILE_CEILING]
    else:
        problems = []
    hits: list[Hit] = []
    for start, part in _chunks(data):
        more, cut = _search(path, part, fallback=fallback)
        hits += [_moved(hit, start) for hit in more]
        if cut:
            problems.append(_problem(path, "too many candidates: not all were judged"))
    if not hits and not problems:
        return _NOTHING
    return _facts(path, data, _best(hits), tuple(problems), identifiers=identifiers)


def scan(
    files: Sequence[tuple[str, bytes]], *, identifiers: bool = False, fallback: bool = False
) -> Facts:
    """Return the credentials in many files at once, sorted as ``find`` would give them."""
    nodes: list[Credential] = []
    places: list[Place] = []
    problems: list[Problem] = []
    for path, data in files:
        facts = find(path, data, identifiers=identifiers, fallback=fallback)
        if facts is not _NOTHING:
            nodes += facts.nodes
            places += facts.places
            problems += facts.problems
    return Facts(nodes=tuple(nodes), places=tuple(places), problems=tuple(problems))


def _problem(path: str, what: str) -> Problem:
    return Problem(
        path=path,
        what=what,
        advice="Split the file, or leave it out of the scan.",
        link=Link.SECRETS,
        about="*",
        need="content",
    )


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    if len(data) <= CHUNK:
        yield 0, data
        return
    for start in range(0, len(data), CHUNK - OVERLAP):
        yield start, data[start : start + CHUNK]
        if start + CHUNK >= len(data):
            return


def _moved(hit: Hit, start: int) -> Hit:
    if not start:
        return hit
    rest = {name: getattr(hit, name) for name in Hit.__struct_fields__[2:]}
    return Hit(hit.start + start, hit.end + start, **rest)


def _search(path: str, data: bytes, *, fallback: bool) -> tuple[list[Hit], bool]:
    planned = plan(fallback=fallback)
    ends, cut = planned.find(data)
    if not ends:
        return [], cut
    hits: list[Hit] = []
    extension = paths.extension(path)
    quiet = paths.generated(path)
    leads = planned.leads
    many = len(ends) > MISS_CEILING
    misses: dict[int, int] = {}
    for number, end in ends:
        detector, head = leads[number]
        if many and misses.get(number, 0) > MISS_CEILING:
            cut = True
            continue
        if detector is None:
            got = [] if quiet else _assigned(data, end, extension)
        else:
            got = _confirmed(detector, data, end - heads.width(head))
        if got:
            hits += got
        elif many:
            misses[number] = misses.get(number, 0) + 1
        if len(hits) > FOUND_CEILING * 4:
            return hits, True
    inner, spans = manifests.secrets(path, data, _inner)
    if spans:
        hits = [hit for hit in hits if hit.rank != 1 or not _within(hit, spans)]
    return hits + inner, cut


def _within(hit: Hit, spans: list[tuple[int, int]]) -> bool:
    return any(start <= hit.start and hit.end <= end for start, end in spans)


def _inner(name: bytes, value: bytes) -> list[Hit]:
    """Judge the decoded value of a Secret's key, as if ``name: value`` stood there."""
    text = name + b": " + value
    planned = plan()
    hits: list[Hit] = []
    for number, end in planned.find(text)[0]:
        detector, head = planned.leads[number]
        if detector is None:
            hits += _assigned(text, end, b"yaml")
        else:
            hits += _confirmed(detector, text, end - heads.width(head))
    return hits


def _assigned(data: bytes, end: int, extension: bytes) -> list[Hit]:
    found = assignments.look(data, end, extension=extension)
    if found is None:
        return []
    rank = 1 if found.detector.startswith("generic-") else 2
    return [
        Hit(
            found.start,
            found.end,
            rank,
            found.detector,
            found.title,
            found.kind,
            found.severity,
            found.match,
            f"{found.end - found.start} characters",
        )
    ]


def _confirmed(detector: Detector, data: bytes, start: int) -> list[Hit]:
    """Return the match of *detector* whose head stands at *start*, if it is one."""
    regex = prefilter.pattern(detector.pattern)
    last = min(len(data), start + detector.reach)
    if detector.back:
        match = regex.search(data, max(0, start - detector.back), last)
    else:
        match = regex.match(data, start, last)
    if match is None:
        return []
    group = 1 if regex.groups else 0
    begin, end = match.span(group)
    if begin < 0:
        begin, end = match.span()
    if not group and not _free(data, begin, end):
        return []
    value = data[begin:end]
    shown = 0 if group or detector.kind == "key" else heads.public(detector.pattern)
    body = value[shown:]
    if detector.kind not in {"identifier", "key"}:
        if detector.kind in ("token", "hash") and hollow(body):
            return []
        if detector.entropy and entropy(body) < detector.entropy:
            return []
    judged = detector.judge(value) if detector.judge else Match(75)
    if judged is None:
        return []
    return [
        Hit(
            begin,
            end,
            0 if detector.kind == "identifier" else 3,
            detector.id,
            detector.title,
            detector.kind,
            detector.severity,
            judged,
            _shape(value, shown, detector),
        )
    ]


def _shape(value: bytes, shown: int, detector: Detector) -> str:
    if detector.kind == "key":
        return ""
    size = f"{len(value)} characters"
    return f"{value[:shown].decode('ascii', 'replace')}…, {size}" if shown else size


def _free(data: bytes, begin: int, end: int) -> bool:
    """Return whether no letter, digit or ``_`` touches the span; escapes do not count."""
    if end < len(data) and data[end] in _EDGE and data[end - 1] in _EDGE:
        return False
    if not begin or data[begin - 1] not in _EDGE or data[begin] not in _EDGE:
        return True
    before = data[max(0, begin - 3) : begin]
    return before[-2:] in (b"\\n", b"\\r", b"\\t") or (before[:1] == b"%" and len(before) == 3)


def _best(hits: list[Hit]) -> list[Hit]:
    """Return the hits without those that another covers and says more of; sorted by place."""
    ordered = sorted(
        set(hits), key=lambda h: (-h.rank, -h.match.confidence, h.start - h.end, h.detector)
    )
    taken: list[Hit] = []
    for hit in ordered[: FOUND_CEILING * 4]:
        if not any(hit.start < other.end and other.start < hit.end for other in taken):
            taken.append(hit)
        if len(taken) >= FOUND_CEILING:
            break
    return sorted(taken, key=lambda h: (h.start, h.end, h.detector))


def _facts(
    path: str,
    data: bytes,
    hits: list[Hit],
    problems: tuple[Problem, ...],
    *,
    identifiers: bool,
) -> Facts:
    nodes: list[Credential] = []
    places: list[Place] = []
    ordinals: dict[str, int] = {}
    line, at = 1, 0
    reason = paths.lowered(path)
    rust = path.endswith(".rs")
    for hit in hits:
        line += data.count(b"\n", at, hit.start)
        at = hit.start
        if hit.kind == "identifier" and not identifiers:
            continue
        ordinal = ordinals[hit.detector] = ordinals.get(hit.detector, 0) + 1
        tested = reason or (_in_tests(data, hit.start) if rust else "")
        severity, why = _weighed(hit, data, tested)
        node = Credential(
            f"{path}#{hit.detector}#{ordinal}",
            path=path,
            detector=hit.detector,
            title=hit.title,
            shape=hit.shape,
            proof=hit.match.proof,
            confidence=hit.match.confidence,
            line=line,
            severity=severity,
            kind=hit.kind,
            lowered=why,
        )
        nodes.append(node)
        column = hit.start - data.rfind(b"\n", 0, hit.start)
        places.append(Place(node=node.ref, path=path, line=line, column=column))
    if len(hits) >= FOUND_CEILING:
        problems += (
            _problem(path, f"more than {FOUND_CEILING} credentials: the rest is left out"),
        )
    return Facts(nodes=tuple(nodes), places=tuple(places), problems=problems)


def _in_tests(data: bytes, at: int) -> str:
    """Return why a secret of a Rust file is a fixture: the module of its tests stands above."""
    return paths.TEST if data.rfind(b"#[cfg(test)]", 0, at) >= 0 else ""


def _cut(hit: Hit) -> bool:
    return hit.kind == "key" and hit.match.confidence < 50


def _weighed(hit: Hit, data: bytes, reason: str) -> tuple[Severity, str]:
    """Return the severity, a step lower for each thing that speaks against a live secret.

    A test path counts twice for all but tokens whose structure speaks: keys, addresses and
    passwords there are nearly always fixtures.
    """
    if public := published(data[hit.start : hit.end]):
        return Severity.INFO, public
    severity, reasons = hit.severity, []
    proven = hit.match.confidence >= _PROVEN
    fixture = reason and (hit.rank == 1 or hit.kind == "hash" or _cut(hit))
    if hit.match.confidence <= EXAMPLE or fixture:
        return Severity.INFO, reason
    said = data[max(0, hit.start - _SAYING) : hit.start].rpartition(b"\n")[2]
    if not proven and _EXAMPLE.search(said):
        return Severity.LOW, "the words before it call it an example"
    if not proven and hit.kind != "key" and _COMMENT.match(said):
        reasons.append("in a comment")
    if hit.match.confidence < 50:
        severity = min(severity, Severity.MEDIUM)
        reasons.append(hit.match.proof or "its form fits, no more")
    if hit.match.proof == "is encrypted":
        reasons.append("is encrypted")
    if hit.kind == "url" and data[hit.end + 1 : hit.end + 12].startswith(
        (b"localhost", b"127.0.0.1", b"example")
    ):
        reasons.append("a local address")
    steps = len(reasons)
    if reason and not proven:
        reasons.append(reason)
        steps += 1 if hit.kind == "token" and hit.match.confidence >= _SURE else 2
    if reason and hit.match.confidence < _SURE:
        severity = min(severity, Severity.LOW)
    lowered = Severity(max(min(Severity.LOW, hit.severity), severity - steps))
    return lowered, "; ".join(reasons)
