"""The rounds of a fix: edit in memory, judge again, until nothing more can be done.

What an edit brings is found out by judging. Where something new comes up that was not there
before, the object that brought it is left as it is, and all begins anew without it.
"""

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.edit import Edit, Spot, edited
from keten.pipeline.fixing.proof import Proof, prove
from keten.pipeline.fixing.seen import Looker, Seen
from keten.pipeline.fixing.sources import target
from keten.pipeline.fixing.wishes import Asked, Wish, wishes
from keten.remedy.exact import caution

ROUNDS = 30
"""How often it is judged again: one change may show the next (the second container of two)."""
RESTARTS = 4
"""How often it is begun anew without what brought something new."""


class Outcome(Struct):
    """What came of it.

    *files* maps paths to (old, new) bytes; *refused* tells for (ref, fingerprint) why an edit
    was not made; *touched* are the refs of the objects that were edited, or that follow from
    an edited file; *cautions* what the edits may ask of the programs.
    """

    first: Seen
    last: Seen
    files: dict[str, tuple[bytes, bytes]]
    refused: dict[tuple[str, str], str]
    touched: dict[str, set[str]]
    cautions: list[str]
    proof: Proof


_Barred = dict[tuple[str, str], str]
"""By the ref of an object and a fingerprint ("": all) why no edit is made."""


class _State(Struct):
    files: dict[str, bytes] = {}
    refused: dict[tuple[str, str], str] = {}
    touched: dict[str, set[str]] = {}
    fields: dict[str, set[str]] = {}
    cautions: dict[str, None] = {}
    made: set[tuple[str, str]] = set()


def fix(looker: Looker, first: Seen, asked: Asked) -> Outcome:
    """Return what can be fixed of what was *asked*, proved by judging again."""
    barred: _Barred = {}
    for restart in range(RESTARTS):
        state = _State({}, {}, {}, {}, {}, set())
        last = _rounds(looker, first, asked, barred, state)
        proof = prove(first, last, state.touched, state.fields)
        more: _Barred = {(ref, ""): f"the fix would bring: {proof.what}" for ref in proof.guilty}
        if proof.holds:
            there = {finding.fingerprint for finding in last.result.findings}
            idle = {pair for pair in state.made if pair[1] in there}
            more = dict.fromkeys(idle, "an edit there does not resolve it")
        if more.keys() <= barred.keys() or restart == RESTARTS - 1:
            break
        barred = {**more, **barred}
    return Outcome(
        first=first,
        last=last,
        files={path: (last.files.original(path), data) for path, data in state.files.items()},
        refused=state.refused,
        touched=state.touched,
        cautions=list(state.cautions),
        proof=proof,
    )


def _rounds(looker: Looker, first: Seen, asked: Asked, barred: _Barred, state: _State) -> Seen:
    seen = first
    for _ in range(ROUNDS):
        if not _one(seen, asked, barred, state):
            break
        seen = looker.look(state.files)
    return seen


class _Job(Struct):
    """Edits of one object in a file, each with the wish it is for and whose object it is too."""

    edits: list[tuple[Edit, Wish, str]]


def _one(seen: Seen, asked: Asked, barred: _Barred, state: _State) -> bool:
    """Make the edits of one round; return whether anything changed.

    Of what was rendered, that comes at once which stands in a patch or in values; what stands
    in an object that is judged itself comes last, for it may follow from that object's edits.
    """
    now: dict[str, dict[Spot, _Job]] = {}
    later: dict[str, dict[Spot, _Job]] = {}
    for wish in wishes(seen, asked):
        pair = wish.ref, wish.fingerprint
        why = barred.get((wish.ref, "")) or barred.get(pair)
        if why:
            state.refused[pair] = why
        else:
            _plan(seen, wish, now, later, state)
    return _make(seen, now, state) or _make(seen, later, state)


def _plan(
    seen: Seen,
    wish: Wish,
    now: dict[str, dict[Spot, _Job]],
    later: dict[str, dict[Spot, _Job]],
    state: _State,
) -> None:
    item = seen.object(wish.ref)
    for edit in wish.edits if item else ():
        try:
            assert item is not None
            place = target(seen, item, edit)
        except InputError as error:
            state.refused[wish.ref, wish.fingerprint] = error.what
            continue
        jobs = later if place.also else now
        job = jobs.setdefault(place.path, {}).setdefault(place.spot, _Job([]))
        job.edits.append((place.edit, wish, place.also))


def _make(seen: Seen, jobs: dict[str, dict[Spot, _Job]], state: _State) -> bool:
    changed = False
    for path in sorted(jobs):
        old = seen.files.read(path)
        new = _edited(path, old, jobs[path], state)
        if new != old:
            state.files[path] = new
            changed = True
    return changed


def _edited(path: str, data: bytes, jobs: dict[Spot, _Job], state: _State) -> bytes:
    """Return a file with all edits that can be made; at once if possible, else one by one."""
    whole = {spot: [edit for edit, _, _ in job.edits] for spot, job in jobs.items()}
    try:
        made = edited(data, whole)
    except InputError:
        made = data
    else:
        for job in jobs.values():
            for edit, wish, also in job.edits:
                _note(path, edit, wish, also, state)
        return made
    for spot in sorted(jobs, key=lambda s: (s.document, s.path), reverse=True):
        # Later items first: a list's items keep their numbers while those behind them go.
        for edit, wish, also in sorted(jobs[spot].edits, key=lambda e: e[0].at, reverse=True):
            try:
                made = edited(made, {spot: [edit]})
            except InputError as error:
                where = f" ({path}:{error.line})" if error.line else ""
                state.refused[wish.ref, wish.fingerprint] = error.what + where
            else:
                _note(path, edit, wish, also, state)
    return made


def _note(path: str, edit: Edit, wish: Wish, also: str, state: _State) -> None:
    for ref in {wish.ref, also} - {""}:
        state.touched.setdefault(ref, set()).add(path)
    if wish.fingerprint:
        state.made.add((wish.ref, wish.fingerprint))
    state.fields.setdefault(wish.ref, set()).add(edit.at)
    said = caution(edit)
    if said:
        key = edit.at.rpartition(".")[2].partition("[")[0]
        state.cautions[f"{key}: {said}"] = None
