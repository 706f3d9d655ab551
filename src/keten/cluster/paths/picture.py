"""A picture of paths: SVG, with the start on the left and what is reached on the right.

Every place stands in the column of the most steps that lead to it, in the order that crosses
arrows least. A pod is one place: that it can be asked, and what lets the intruder's code run
there, is said in its box. Text is escaped, sizes are bounded, nothing is fetched: the picture
can stand in any page. Its own colours are for light and dark grounds; the rest takes the page's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from msgspec import Struct

from keten.cluster.paths.folding import Arrow, Place, folded
from keten.model.result import AttackPath, PathPoint, PathStep

MOST = 60
"""Places that are drawn; what goes beyond is told in words below the picture."""
_WIDE, _HIGH, _ACROSS, _DOWN, _EDGE = 176, 58, 104, 18, 14
_CHARS, _LABEL = 26, 16
_SWEEPS = 6
_FILL = {
    "internet": "#fde68a", "anonymous": "#fde68a", "cluster": "#fca5a5", "nodes": "#fca5a5",
    "node": "#fecaca", "secrets": "#fca5a5", "secret": "#fecaca", "cloud": "#fca5a5",
    "account": "#c7d2fe", "pod": "#bfdbfe",
}  # fmt: skip
_POD = ("reach", "inside", "code")
_SAID = ("requests to ", "code in ", "ServiceAccount ", "cloud: ")
_BETWEEN = ("run", "accounts", "pods", "all-of")
_KINDS = {"account": "ServiceAccount", "cloud": "cloud identity"}
_MANY = {
    "pod": "workloads", "account": "ServiceAccounts", "secret": "Secrets",
    "cloud": "cloud identities",
}  # fmt: skip
_TOLD = 40  # names and steps in the text that a pointer shows
_INK, _SOFT, _LINE = "#0f172a", "#475569", "#64748b"


class _Drawn(Struct):
    """What is drawn: the steps of each arrow, and those by which the code of a pod is reached."""

    arrows: dict[Arrow, list[PathStep]]
    inside: dict[Place, list[PathStep]]
    starts: list[Place]


def picture(paths: Sequence[AttackPath]) -> str:
    """Return the SVG of *paths*, places and steps each once."""
    drawn, left_out = _bounded(paths)
    columns = _columns(drawn)
    rows = _rows(drawn.arrows, columns)
    most = max((len(those) for those in rows.values()), default=1)
    at: dict[Place, tuple[float, float]] = {}
    for column, those in rows.items():
        first = (most - len(those)) / 2
        for row, place in enumerate(those):
            y = _EDGE + (first + row) * (_HIGH + _DOWN)
            at[place] = (_EDGE + column * (_WIDE + _ACROSS), y)
    width = 2 * _EDGE + (max(rows, default=0) + 1) * (_WIDE + _ACROSS) - _ACROSS
    height = 2 * _EDGE + most * (_HIGH + _DOWN) - _DOWN + 20
    body = [_line(at[a], at[b], steps) for (a, b), steps in drawn.arrows.items()]
    body += [_box(place, drawn.inside.get(place, ()), *where) for place, where in at.items()]
    body += _labels(drawn.arrows, at)
    body.append(_text(_EDGE, height - 8, _legend(left_out), 11, fill="currentColor"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui,sans-serif" role="img" '
        'aria-label="Attack paths">\n'
        '<defs><marker id="k-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{_LINE}"/></marker></defs>\n'
        + "\n".join(part for part in body if part)
        + "\n</svg>\n"
    )


def _bounded(paths: Sequence[AttackPath]) -> tuple[_Drawn, int]:
    """Return what is drawn, and how many paths are not: places that are alike are one."""
    every = [[_box_of(point) for point in path.points] for path in paths]
    boxes = _folded(paths, every)
    found = _Drawn({}, {}, [])
    seen: set[Place] = set()
    left_out = 0
    for path, places in zip(paths, every, strict=True):
        mine = [boxes.get(place, place) for place in places]
        if len(seen | set(mine)) > MOST:
            left_out += 1
            continue
        seen |= set(mine)
        _gather(found, path, mine)
    return found, left_out


def _folded(paths: Sequence[AttackPath], every: Sequence[Sequence[Place]]) -> dict[Place, Place]:
    whole = _Drawn({}, {}, [])
    for path, places in zip(paths, every, strict=True):
        _gather(whole, path, places)
    return folded(
        {ends: (_unsure(steps), _said(steps)) for ends, steps in whole.arrows.items()},
        {place: (_unsure(steps), _how(steps)) for place, steps in whole.inside.items()},
    )


def _box_of(point: PathPoint) -> Place:
    """Return the box of a point."""
    name = point.name
    for words in _SAID:
        name = name.removeprefix(words)
    return Place("pod" if point.kind in _POD else point.kind, name)


def _gather(found: _Drawn, path: AttackPath, places: Sequence[Place]) -> None:
    found.starts.append(places[0])
    for i, step in enumerate(path.steps):
        a, b = places[i], places[i + 1]
        into = found.inside.setdefault(a, []) if a == b else found.arrows.setdefault((a, b), [])
        if step not in into:
            into.append(step)


# --- where it stands ---


def _columns(drawn: _Drawn) -> dict[Place, int]:
    """Return for each place the column after the last before it; circles are left as met."""
    after: dict[Place, list[Place]] = {}
    for a, b in drawn.arrows:
        after.setdefault(a, []).append(b)
    columns = dict.fromkeys(drawn.starts, 0)
    for _ in range(MOST):
        changed = False
        for a, others in after.items():
            for b in others:
                if a in columns and columns.get(b, -1) < columns[a] + 1 < MOST and b != a:
                    columns[b] = columns[a] + 1
                    changed = True
        if not changed:
            break
    used = {column: i for i, column in enumerate(sorted(set(columns.values())))}
    return {place: used[column] for place, column in columns.items()}


def _rows(arrows: Iterable[Arrow], columns: Mapping[Place, int]) -> dict[int, list[Place]]:
    """Return the places of each column, so that few arrows cross: by the middle of their ends."""
    near: dict[Place, list[Place]] = {place: [] for place in columns}
    for a, b in arrows:
        near[a].append(b)
        near[b].append(a)
    rows: dict[int, list[Place]] = {}
    for place, column in columns.items():
        rows.setdefault(column, []).append(place)
    rank = {place: i for those in rows.values() for i, place in enumerate(those)}
    for sweep in range(_SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        for column in sorted(rows, reverse=side > 0):
            middle = {
                place: _middle(
                    [rank[o] for o in near[place] if (columns[o] - column) * side > 0], rank[place]
                )
                for place in rows[column]
            }
            rows[column].sort(key=lambda place: (middle[place], rank[place]))
            rank.update((place, i) for i, place in enumerate(rows[column]))
    return rows


def _middle(ranks: Sequence[int], own: int) -> float:
    return sum(ranks) / len(ranks) if ranks else float(own)


# --- what it looks like ---


def _legend(left_out: int) -> str:
    said = "dashed: not known for sure, or a fault is assumed"
    return f"{said}; {left_out} more paths are not drawn" if left_out else said


def _unsure(steps: Iterable[PathStep]) -> bool:
    return all(step.assumed or not step.sure for step in steps)


def _lines(place: Place) -> list[tuple[str, int, str]]:
    """Return what a box says of a place, line by line: the text, its size, its colour."""
    if place.names:
        return [(_many(place), 12, _INK), (_where(place.names), 10, _SOFT)]
    name, kind = place.name, _KINDS.get(place.kind, "")
    if place.kind in _BETWEEN:
        name, _, space = place.name.partition(" in ")
        kind = f"in {space}" if space else ""
    if place.kind == "pod":
        name, _, rest = place.name.partition("[")
        kind, _, mark = rest.partition("]")
        name += mark
    space, slash, own = name.rpartition("/")
    under = " in ".join(part for part in (kind, space if slash else "") if part)
    made = [(own if slash else name, 12, _INK)]
    return [*made, (under, 10, _SOFT)] if under else made


def _many(place: Place) -> str:
    """Return how many of what: ``12 Deployments``."""
    kinds = {name.partition("[")[2].partition("]")[0] for name in place.names}
    kind = kinds.pop() if place.kind == "pod" and len(kinds) == 1 else _MANY[place.kind]
    return f"{len(place.names)} {kind}s" if not kind.endswith("s") else f"{place.name} {kind}"


def _where(names: Iterable[str]) -> str:
    spaces = sorted({name.rpartition("/")[0] for name in names})
    return f"in {spaces[0]}" if len(spaces) == 1 else f"in {len(spaces)} namespaces"


def _box(place: Place, inside: Sequence[PathStep], x: float, y: float) -> str:
    lines = _lines(place)
    if inside:
        lines.append((_how(inside), 10, _INK))
    first = y + _HIGH / 2 + 4 - 7.5 * (len(lines) - 1)
    texts = "".join(
        _text(x + _WIDE / 2, first + 15 * i, _cut(line, _CHARS + 4 * (size < 12)), size,  # noqa: PLR2004 the size of names
              anchor="middle", fill=fill)
        for i, (line, size, fill) in enumerate(lines)
    )  # fmt: skip
    dash = ' stroke-dasharray="5 4"' if inside and _unsure(inside) else ""
    shown = place.names or (place.name,)
    said = "\n".join([*shown[:_TOLD], *(step.text for step in inside[:_TOLD])])
    return (
        f'<g><title>{escape(said)}</title><rect x="{x:g}" y="{y:g}" width="{_WIDE}" '
        f'height="{_HIGH}" rx="6" fill="{_FILL.get(place.kind, "#e5e7eb")}" '
        f'stroke="{_LINE}"{dash}/>{texts}</g>'
    )


def _how(inside: Sequence[PathStep]) -> str:
    """Return by what the intruder's code runs in a pod: the vulnerabilities that are known."""
    known = [step.label for step in inside if not step.assumed]
    if not known:
        return "a fault is assumed"
    return known[0] if len(known) == 1 else f"{known[0]} and {len(known) - 1} more"


def _ends(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float, float, float]:
    return a[0] + _WIDE, a[1] + _HIGH / 2, b[0], b[1] + _HIGH / 2


def _line(a: tuple[float, float], b: tuple[float, float], steps: Sequence[PathStep]) -> str:
    x1, y1, x2, y2 = _ends(a, b)
    bend = max(abs(x2 - x1) / 2, 30)
    dash = ' stroke-dasharray="5 4"' if _unsure(steps) else ""
    said = escape("\n".join(step.text for step in steps))
    return (
        f'<path d="M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}" '
        f'fill="none" stroke="{_LINE}" stroke-width="1.4" marker-end="url(#k-tip)"{dash}>'
        f"<title>{said}</title></path>"
    )


def _labels(
    arrows: Mapping[Arrow, Sequence[PathStep]], at: Mapping[Place, tuple[float, float]]
) -> Iterator[str]:
    """Yield what arrows say: at their end, on the side that they do not come from, once."""
    there: dict[tuple[float, float], dict[str, None]] = {}
    for (a, b), steps in arrows.items():
        if _said(steps) and at[b][0] > at[a][0]:
            _, y1, x2, y2 = _ends(at[a], at[b])
            where = (x2 - 9, y2 + 13 if y1 < y2 else y2 - 5)
            there.setdefault(where, {}).update(dict.fromkeys(s.label for s in steps if s.label))
    for (x, y), said in there.items():
        more = f" +{len(said) - 1}" if len(said) > 1 else ""
        text = _cut(next(iter(said)), _LABEL - len(more)) + more
        yield _text(x, y, text, 10, anchor="end", fill="currentColor")


def _said(steps: Iterable[PathStep]) -> str:
    return next((step.label for step in steps if step.label), "")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(
    x: float, y: float, text: str, size: int, *, anchor: str = "start", fill: str = _INK
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text)}</text>'
    )
