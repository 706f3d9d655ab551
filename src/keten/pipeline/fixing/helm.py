"""Which value of a chart a rendered field is, and the edit of it in a file of values.

Marks tell where mappings come out (values); what they do not tell a reading of the template
proposes (templates), and rendering decides. Where no plain value is found, the place in the
template is told.
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats.helm_output import source_at
from keten.formats.yaml.edit import Edit, Spot, edited
from keten.formats.yaml.fields import Steps, at, same, steps, written
from keten.formats.yaml.writing import Style, bracketed
from keten.model.delivery import Chart
from keten.model.kube import Object
from keten.pipeline.fixing import templates
from keten.pipeline.fixing.seen import Bytes, Seen
from keten.pipeline.fixing.templates import Keys, Template
from keten.pipeline.fixing.unchanged import differences, name_of, values_of
from keten.pipeline.fixing.values import Bench, Values, home

TRIED = 8
"""How many values are tried for one field."""
TEMPLATES = 2_000
"""The most templates of a chart that are looked at."""


_Found = tuple[str, Spot, Edit]


class Read(Struct):
    """What was read of a chart at first. Fixes change values, so that it stays true."""

    values: Values
    templates: dict[str, Template]
    refused: dict[tuple[str, str], str]  # of (ref, field)

    def of(self, template: str) -> list[Template]:
        """Return what was read of a template; of one in a chart with an alias by its end."""
        if template in self.templates:
            return [self.templates[template]]
        end = template.rpartition("templates/")[2]
        return [self.templates[n] for n in sorted(self.templates) if n.endswith(f"/{end}")]


def origin(seen: Seen, chart: Chart, item: Object, edit: Edit, *, careful: bool = False) -> _Found:
    """Return a file of values and the edit there for *edit* of the rendered *item*.

    InputError where no plain value does it; it says what to change by hand. *careful*: each edit
    is tried by itself, as one of them brings what it must not.
    """
    held: Read = seen.kept(chart, lambda: _read(seen, chart))
    folder = posixpath.dirname(chart.id)
    path = steps(edit.at)
    template = _template(seen, chart, item)
    marked = held.values.origin(item, path)
    if marked:
        found = _placed(seen, folder, marked, edit)
        if careful:
            _check(seen, chart, found, item, edit)
        return found
    why = held.refused.get((item.ref, edit.at), "")
    for values, to in () if why else _candidates(held, template, item, edit):
        try:
            found = _placed(seen, folder, values, to)
            _check(seen, chart, found, item, edit)
        except InputError as error:
            why = why or (error.what if error.what.startswith(_TELLING) else "")
        else:
            return found
    why = why or _by_hand(held, template, folder, item, edit)
    held.refused[item.ref, edit.at] = why
    raise InputError(why)


_TELLING = ("not edited", "write ", "helm ", "it would also change")
"""How the reasons begin that tell more than that a value was not the right one."""


def _read(seen: Seen, chart: Chart) -> Read:
    texts = dict(_texts(seen.files, posixpath.dirname(chart.id)))
    defines = templates.named(texts)
    made = {path: templates.read(text, defines) for path, text in texts.items() if "{{" in text}
    return Read(Values(Bench(seen.files, chart)), made, {})


def _texts(files: Bytes, folder: str) -> Iterator[tuple[str, str]]:
    """Yield the templates of a chart and of those within, by their paths in it."""
    head = f"{folder}/" if folder else ""
    count = 0
    for entry in files.tree.entries:
        inner = entry.path.removeprefix(head)
        if not entry.path.startswith(head) or "templates/" not in inner:
            continue
        if inner.endswith((".yaml", ".yml", ".tpl")) and inner.startswith(
            ("templates/", "charts/")
        ):
            count += 1
            if count > TEMPLATES:
                return
            try:
                yield inner, files.read(entry.path).decode()
            except (InputError, UnicodeDecodeError):
                continue


def _template(seen: Seen, chart: Chart, item: Object) -> str:
    """Return the template that made *item*, "" where helm does not say."""
    place = seen.places.get(item.ref)
    data = seen.made.get(chart.id, b"")
    return source_at(data, place.line) if place else ""


def _candidates(
    held: Read, template: str, item: Object, edit: Edit
) -> Iterator[tuple[Steps, Edit]]:
    """Yield values that may be the field, at most TRIED, with the edit of each."""
    found: dict[Steps, Edit] = {}
    path = steps(edit.at)
    keys = tuple(step if isinstance(step, str) else "[]" for step in path)
    own = template.rpartition("templates/")[0]
    prefix = tuple(step for step in own.split("/") if step and step != "charts")
    takes = [one for part in held.of(template) for one in part.takes if one.kind == item.kind]
    for one in sorted(takes, key=lambda t: (t.guard, -len(t.path))):
        fits = keys[: len(one.path)] == one.path if one.whole else keys == one.path
        if not fits:
            continue
        rest = () if one.guard else path[len(one.path) :]
        to = Edit("", bool(edit.to) and not edit.remove) if one.guard else edit
        if one.guard and not (edit.remove or isinstance(edit.to, bool)):
            continue
        taken = one.values if one.values[0] == "global" else (*prefix, *one.values)
        for values in held.values.items(taken, item.name):
            found.setdefault((*values, *rest), to)
    if isinstance(edit.to, bool) and isinstance(path[-1], str):
        for values in held.values.ending(path[-1]):
            found.setdefault(values, edit)
    yield from list(found.items())[:TRIED]


def _placed(seen: Seen, folder: str, values: Steps, edit: Edit) -> _Found:
    file, path = home(seen.files, folder, values)
    spots = seen.files.objects(file) if seen.files.tree.exists(file) else []
    if not spots:
        raise InputError(f"write {_nested(values, edit.to)} to {file}, which has no values")
    remove = edit.remove
    if remove and at(spots[0].value, path) is None:
        remove = False  # a value that stands deeper: null takes it away
    return file, spots[0].spot, Edit(written(path), None if edit.remove else edit.to, remove)


def _check(seen: Seen, chart: Chart, found: _Found, item: Object, edit: Edit) -> None:
    """Refuse an edit of values unless it makes the field what it is to be, and nothing else."""
    bench: Bench = seen.bench(chart, lambda: Bench(seen.files, chart))
    file, spot, change = found
    old = seen.files.read(file)
    new = edited(old, {spot: [change]})
    before, after = values_of(seen.made[chart.id]), bench.with_file(file, new)
    wanted = item.kind, item.namespace, item.name
    path = steps(edit.at)
    was, there = ([at(v, path) for v in vs if name_of(v) == wanted] for vs in (before, after))
    off = edit.remove or edit.to is False
    right = [(off and one is None) or (not edit.remove and same(one, edit.to)) for one in there]
    if not all(right) or not right or same(was, there):
        raise InputError("the field stays as it is")
    strange = differences(before, after, [(wanted, edit.at)])
    if strange:
        raise InputError(f"it would also change {strange[0]}")


def _by_hand(held: Read, template: str, folder: str, item: Object, edit: Edit) -> str:
    """Return what to change where, by hand."""
    path = steps(edit.at)
    keys: Keys = tuple(step if isinstance(step, str) else "[]" for step in path)
    where = posixpath.join(folder, template) if template else "the chart's template"
    read = next(iter(held.of(template)), None)
    line, near = read.nearest(item.kind, keys) if read else (0, ())
    # Which of several items a line is of, the template's lines do not tell.
    length = next((i for i, one in enumerate(path[: len(near)]) if one not in (0, keys[i])), 0)
    line, near = read.nearest(item.kind, keys[:length]) if read and length else (line, near)
    if edit.remove:
        return f"no plain value sets it: in {where}, take {edit.at} out"
    rest = path[len(near) : -1]
    while rest and isinstance(rest[0], int):
        rest = rest[1:]
    below = written(path[: len(path) - 1 - len(rest)])
    where += f":{line}" if line else ""
    where += f", below {below}" if below else ""
    return f"no plain value sets it: in {where}, write {_nested((*rest, path[-1]), edit.to)}"


def _nested(path: Steps, value: Any) -> str:
    """Return a value under the keys of *path*, as one line."""
    for step in reversed(path[1:]):
        value = {step: value} if isinstance(step, str) else [value]
    return f"{path[0]}: {_said(value)}"


def _said(value: Any) -> str:
    return bracketed(value, Style())
