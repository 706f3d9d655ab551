"""The rounds of a fix: edit in memory, judge again, until nothing more can be done.

What an edit brings is found out by judging. Where something new comes up that was not there
before, the object that brought it is left as it is, and all begins anew without it.
"""

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.edit import Edit, Spot, edited, steps
from keten.formats.yaml.fields import order
from keten.model.kube import Object, Workload
from keten.pipeline.fixing.proof import Proof, prove
from keten.pipeline.fixing.seen import RENDERED, Looker, Seen
from keten.pipeline.fixing.sources import Target, target
from keten.pipeline.fixing.values import overruled
from keten.pipeline.fixing.wishes import Asked, Wish, wishes, workloads
from keten.remedy.exact import caution
from keten.remedy.levels import instead, steps_to, unique

ROUNDS = 30
"""How often it is judged again: one change may show the next (the second container of two)."""
RESTARTS = 6
"""How often it is begun anew without what brought something new."""


class Outcome(Struct):
    """What came of it.

    *files* maps paths to (old, new) bytes; *refused* tells why an edit was not made, for (ref,
    fingerprint), and of what a level asks for by ``why``; *touched* are the refs of the objects
    that were edited, or that follow from an edited file; *cautions* what the edits may ask of
    the programs.
    """

    first: Seen
    last: Seen
    files: dict[str, tuple[bytes, bytes]]
    refused: dict[tuple[str, str], str]
    touched: dict[str, set[str]]
    cautions: list[str]
    proof: Proof

    def why(self, ref: str, field: str) -> str:
        """Return why the edit of a field that a level asks for was not made, "" if not known."""
        return self.refused.get((ref, _FIELD + field)) or self.refused.get((ref, ""), "")


_Barred = dict[tuple[str, str], str]
"""By the ref of an object and a fingerprint, or a field ("": all), why no edit is made."""
_FIELD = "at "


class _State(Struct):
    files: dict[str, bytes] = {}
    refused: dict[tuple[str, str], str] = {}
    touched: dict[str, set[str]] = {}
    fields: dict[str, set[str]] = {}
    cautions: dict[str, None] = {}
    made: set[tuple[str, str]] = set()
    careful: bool = False


def fix(looker: Looker, first: Seen, asked: Asked) -> Outcome:
    """Return what can be fixed of what was *asked*, proved by judging again."""
    barred: _Barred = {}
    careful = False
    for restart in range(RESTARTS):
        state = _State({}, {}, {}, {}, {}, set(), careful)
        last = _rounds(looker, first, asked, barred, state)
        proof = prove(first, last, state.touched, state.fields)
        guilty = proof.guilty
        if not careful and any(_of_helm(first, ref) for ref in guilty):
            careful = True  # one by one it shows which edit of values is to blame
            guilty = frozenset(ref for ref in guilty if not _of_helm(first, ref))
            if not guilty:
                continue
        more: _Barred = {(ref, ""): f"the fix would bring: {proof.what}" for ref in guilty}
        if proof.holds:
            more = dict.fromkeys(_idle(last, asked, state), "an edit there does not resolve it")
        if more.keys() <= barred.keys() or restart == RESTARTS - 1:
            break
        barred = {**more, **barred}
    files = {path: (last.files.original(path), data) for path, data in state.files.items()}
    for path in sorted(files):
        state.cautions.update(dict.fromkeys(overruled(last.files, path, *files[path])))
    return Outcome(
        first=first,
        last=last,
        files=files,
        refused=state.refused,
        touched=state.touched,
        cautions=list(state.cautions),
        proof=proof,
    )


def _of_helm(seen: Seen, ref: str) -> bool:
    place = seen.places.get(ref)
    return place is not None and f"Chart.yaml{RENDERED}" in place.path


def _rounds(looker: Looker, first: Seen, asked: Asked, barred: _Barred, state: _State) -> Seen:
    seen = first
    for _ in range(ROUNDS):
        if not _one(seen, asked, barred, state):
            break
        seen = looker.look(state.files)
    return seen


class _Work(Struct):
    """An edit where it is made, for a *wish* of the *field*; *also*: whose object it is too."""

    edit: Edit
    wish: Wish
    field: str
    also: str


_Jobs = dict[str, dict[Spot, list[_Work]]]
"""By file and object."""


def _one(seen: Seen, asked: Asked, barred: _Barred, state: _State) -> bool:
    """Make the edits of one round; return whether anything changed.

    Of what was rendered, that comes at once which stands in a patch or in values; what stands
    in an object that is judged itself comes last, for it may follow from that object's edits.
    """
    now: _Jobs = {}
    later: _Jobs = {}
    for wish in wishes(seen, asked):
        pair = wish.ref, wish.fingerprint
        why = barred.get((wish.ref, "")) or barred.get(pair)
        if why:
            state.refused[pair] = why
            continue
        for edit in wish.edits:
            if why := barred.get((wish.ref, _FIELD + edit.at)):
                _refuse(state, wish, edit.at, why)
            else:
                _plan(seen, wish, edit, (now, later), state)
    return _make(seen, now, state) or _make(seen, later, state)


def _plan(seen: Seen, wish: Wish, edit: Edit, jobs: tuple[_Jobs, _Jobs], state: _State) -> None:
    item = seen.object(wish.ref)
    if item is None:
        return
    try:
        places = [target(seen, item, edit, careful=state.careful)]
    except InputError as error:
        places = _instead(seen, item, edit, careful=state.careful)
        if not places:
            _refuse(state, wish, edit.at, error.what)
    for place in places:
        mine = jobs[bool(place.also)].setdefault(place.path, {}).setdefault(place.spot, [])
        mine.append(_Work(place.edit, wish, edit.at, place.also))


def _instead(seen: Seen, item: Object, edit: Edit, *, careful: bool) -> list[Target]:
    """Return where to say of each container what can not be said of their pod."""
    edits = instead(item, edit) if isinstance(item, Workload) else []
    try:
        return [target(seen, item, one, careful=careful) for one in edits]
    except InputError:
        return []


def _refuse(state: _State, wish: Wish, field: str, why: str) -> None:
    state.refused[wish.ref, wish.fingerprint or _FIELD + field] = why


def _make(seen: Seen, jobs: _Jobs, state: _State) -> bool:
    changed = False
    for path in sorted(jobs):
        old = seen.files.read(path)
        new = _edited(path, old, jobs[path], state)
        if new != old:
            state.files[path] = new
            changed = True
    return changed


def _edited(path: str, data: bytes, jobs: dict[Spot, list[_Work]], state: _State) -> bytes:
    """Return a file with all edits that can be made; at once if possible, else one by one."""
    try:
        made = edited(data, {spot: [one.edit for one in work] for spot, work in jobs.items()})
    except InputError:
        made = data
    else:
        for work in jobs.values():
            for one in work:
                _note(path, one, state)
        return made
    # One by one, later items first: those before them in a list keep their numbers.
    for spot in sorted(jobs, key=lambda s: (s.document, order(steps(s.path))), reverse=True):
        for one in sorted(jobs[spot], key=lambda w: order(steps(w.edit.at)), reverse=True):
            try:
                made = edited(made, {spot: [one.edit]})
            except InputError as error:
                where = f" ({path}:{error.line})" if error.line else ""
                _refuse(state, one.wish, one.field, error.what + where)
            else:
                _note(path, one, state)
    return made


def _note(path: str, one: _Work, state: _State) -> None:
    ref = one.wish.ref
    for name in {ref, one.also} - {""}:
        state.touched.setdefault(name, set()).add(path)
    if one.wish.fingerprint:
        state.made.add((ref, one.wish.fingerprint))
    state.fields.setdefault(ref, set()).add(one.field)
    said = caution(Edit(one.field))
    if said:
        state.cautions[f"{_key(one.field)}: {said}"] = None


def _key(field: str) -> str:
    return next((s for s in reversed(steps(field)) if isinstance(s, str)), field)


def _idle(last: Seen, asked: Asked, state: _State) -> set[tuple[str, str]]:
    """Return what was edited for nothing: its finding is there, or a level still asks for it."""
    there = {finding.fingerprint for finding in last.result.findings}
    idle = {pair for pair in state.made if pair[1] in there}
    for item in workloads(last) if asked.level else ():
        fields = state.fields.get(item.ref, set())
        for edit in unique(steps_to(item, asked.level)) if fields and asked.level else ():
            if edit.at in fields:
                idle.add((item.ref, _FIELD + edit.at))
    return idle
