"""Which value of a chart a rendered field is: where a template takes it plainly.

A template is not understood but recognised: ``key: {{ .Values.a.b }}``, and ``toYaml
.Values.a.b`` below a key, alone or within ``with``. Where the keys stand follows from their
indentation. Whether the value does what it is thought to do, rendering again tells.
"""

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.edit import Edit, Spot
from keten.formats.yaml.fields import steps, written
from keten.model.delivery import Chart
from keten.model.kube import Object
from keten.pipeline.fixing.seen import Seen

LINES = 20_000
"""The most lines of a template that are looked at."""
LONG = 1_000
"""A longer line of a template tells nothing."""

_KEY = re.compile(r"( *)((?:- +)*)([A-Za-z_$][\w./-]*):(?: +(.*?))? *")
_CONTROL = re.compile(r" *\{\{-? *(with|if|range|define|block|end|else)\b *([^}]*?) *-?\}\} *")
_TAKEN = re.compile(
    r"\{\{-? *(toYaml +)?(\.Values(?:\.[A-Za-z_]\w*)+|\.)"
    r"((?: *\| *(?:quote|squote|toYaml|n?indent +\d+|default +[\w.\"']+))*) *-?\}\}"
)
_VALUES = re.compile(r"\.Values(?:\.[A-Za-z_]\w*)+")
_KIND = re.compile(r"kind: *[\"']?(\w+)[\"']? *")


class _Taken(Struct, frozen=True):
    """At *path* a template takes the value *values*; *whole*: all that stands below, too."""

    kind: str
    path: tuple[str, ...]
    values: tuple[str, ...]
    whole: bool


def origin(seen: Seen, chart: Chart, item: Object, edit: Edit) -> tuple[str, Spot, Edit]:
    """Return values.yaml and the edit there for *edit* of the rendered *item*.

    InputError where no template takes the field plainly from one value.
    """
    folder = posixpath.dirname(chart.id)
    path = tuple(step if isinstance(step, str) else "[]" for step in steps(edit.at))
    best: dict[tuple[str, ...], int] = {}
    for one in _templates(seen, folder):
        fits = path[: len(one.path)] == one.path if one.whole else path == one.path
        if fits and one.kind == item.kind:
            best[one.values] = max(best.get(one.values, 0), len(one.path))
    longest = max(best.values(), default=0)
    found = [values for values, length in best.items() if length == longest]
    if not found:
        raise InputError("no template takes it from a plain value: edit the chart's template")
    if len(found) > 1:
        names = " or ".join(sorted(".".join(values) for values in found))
        raise InputError(f"it may come from the values {names}")
    rest = steps(edit.at)[longest:]
    values = posixpath.join(folder, "values.yaml")
    spots = seen.files.objects(values) if seen.files.tree.exists(values) else []
    if not spots:
        raise InputError(f"the chart has no values: write {'.'.join(found[0])} to {values}")
    return values, spots[0].spot, Edit(written((*found[0], *rest)), edit.to, edit.remove)


def _templates(seen: Seen, folder: str) -> Iterator[_Taken]:
    below = posixpath.join(folder, "templates") + "/"
    for entry in seen.files.tree.entries:
        if entry.path.startswith(below) and entry.path.endswith((".yaml", ".yml", ".tpl")):
            try:
                text = seen.files.read(entry.path).decode()
            except (InputError, UnicodeDecodeError):
                continue
            yield from taken(text)


def taken(text: str) -> Iterator[_Taken]:
    """Yield what a template takes plainly from values, and at which field paths."""
    for document in re.split(r"^---.*$", text, flags=re.MULTILINE):
        kind = next((m[1] for line in document.split("\n") if (m := _KIND.fullmatch(line))), "")
        if kind:
            yield from _document(document.split("\n")[:LINES], kind)


def _document(lines: list[str], kind: str) -> Iterator[_Taken]:
    keys: list[tuple[int, str]] = []  # the open keys with their columns; "[]" for an item
    scopes: list[tuple[str, ...] | None] = []  # what the dot is, None where it is not known
    for line in lines:
        if len(line) > LONG:
            continue
        control = _CONTROL.fullmatch(line)
        if control:
            _control(control[1], control[2], scopes)
            continue
        key = _KEY.fullmatch(line)
        rest = line.strip() if key is None else key[4] or ""
        if key is not None:
            _open(keys, key)
        found = _TAKEN.fullmatch(rest) if keys else None
        if found is None:
            continue
        values = _value(found[2], scopes)
        if values:
            whole = bool(found[1]) or "toYaml" in found[3]
            yield _Taken(kind, tuple(name for _, name in keys), values, whole)


def _control(word: str, said: str, scopes: list[tuple[str, ...] | None]) -> None:
    if word == "end":
        if scopes:
            scopes.pop()
    elif word == "with" and _VALUES.fullmatch(said):
        scopes.append(tuple(said.split(".")[2:]))
    elif word == "if":
        scopes.append(scopes[-1] if scopes else None)
    elif word != "else":
        scopes.append(None)


def _value(said: str, scopes: list[tuple[str, ...] | None]) -> tuple[str, ...]:
    if said != ".":
        return tuple(said.split(".")[2:])
    return (scopes[-1] or ()) if scopes else ()


def _open(keys: list[tuple[int, str]], found: re.Match[str]) -> None:
    """Close the keys that a new one ends, and open it."""
    column = len(found[1])
    dashes = found[2].count("-")
    while keys and (
        keys[-1][0] > column or (keys[-1][0] == column and (not dashes or keys[-1][1] == "[]"))
    ):
        keys.pop()
    for _ in range(dashes):
        keys.append((column, "[]"))
        column += 2
    keys.append((column, found[3]))
