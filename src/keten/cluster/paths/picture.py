"""A picture of paths: SVG, with the start on the left and what is reached on the right.

Every point stands in the column of the most steps that lead to it. Text is escaped, sizes are
bounded, nothing is fetched: the picture can stand in any page.
"""

from collections.abc import Iterable, Sequence
from html import escape

from keten.model.result import AttackPath, PathPoint, PathStep

MOST = 60
"""Points that are drawn; what goes beyond is told in words below the picture."""
_WIDE, _HIGH, _ACROSS, _DOWN, _EDGE = 190, 44, 70, 22, 16
_CHARS = 27
_FILL = {
    "internet": "#fde68a", "anonymous": "#fde68a", "cluster": "#fca5a5", "nodes": "#fca5a5",
    "node": "#fecaca", "secrets": "#fca5a5", "secret": "#fecaca", "cloud": "#fca5a5",
    "account": "#c7d2fe", "code": "#bfdbfe", "reach": "#e0f2fe", "inside": "#e0f2fe",
}  # fmt: skip


def picture(paths: Sequence[AttackPath]) -> str:
    """Return the SVG of *paths*, points and steps each once."""
    drawn, left_out = _bounded(paths)
    arrows: dict[tuple[PathPoint, PathPoint], list[PathStep]] = {}
    columns: dict[PathPoint, int] = {}
    for path in drawn:
        for i, (a, b) in enumerate(zip(path.points, path.points[1:], strict=False)):
            steps = arrows.setdefault((a, b), [])
            if path.steps[i] not in steps:
                steps.append(path.steps[i])
    _place(columns, arrows, [path.points[0] for path in drawn])
    rows: dict[int, int] = {}
    at: dict[PathPoint, tuple[int, int]] = {}
    for point, column in columns.items():
        row = rows.get(column, 0)
        rows[column] = row + 1
        at[point] = (_EDGE + column * (_WIDE + _ACROSS), _EDGE + row * (_HIGH + _DOWN))
    width = 2 * _EDGE + (max(columns.values(), default=0) + 1) * (_WIDE + _ACROSS) - _ACROSS
    height = 2 * _EDGE + max(rows.values(), default=1) * (_HIGH + _DOWN) - _DOWN + 18
    body = [_arrow(at[a], at[b], steps) for (a, b), steps in arrows.items()]
    body += [_box(point, *where) for point, where in at.items()]
    body.append(_text(_EDGE, height - 8, _legend(left_out), "start", 11, fill="currentColor"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui,sans-serif" role="img" '
        'aria-label="Attack paths">\n'
        '<defs><marker id="k-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#475569"/></marker></defs>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _bounded(paths: Sequence[AttackPath]) -> tuple[list[AttackPath], int]:
    drawn: list[AttackPath] = []
    points: set[PathPoint] = set()
    for path in paths:
        if len(points | set(path.points)) <= MOST:
            drawn.append(path)
            points.update(path.points)
    return drawn, len(paths) - len(drawn)


def _place(
    columns: dict[PathPoint, int],
    arrows: dict[tuple[PathPoint, PathPoint], list[PathStep]],
    starts: Iterable[PathPoint],
) -> None:
    """Give each point the column after the last of those before it; circles are left as met."""
    after: dict[PathPoint, list[PathPoint]] = {}
    for a, b in arrows:
        after.setdefault(a, []).append(b)
    for start in starts:
        columns.setdefault(start, 0)
    for _ in range(MOST):
        changed = False
        for a, others in after.items():
            for b in others:
                if a in columns and columns.get(b, -1) < columns[a] + 1 < MOST:
                    columns[b] = columns[a] + 1
                    changed = True
        if not changed:
            return


def _legend(left_out: int) -> str:
    said = "dashed: not sure, or a fault is assumed"
    return f"{said}; {left_out} more paths are not drawn" if left_out else said


def _box(point: PathPoint, x: int, y: int) -> str:
    fill = _FILL.get(point.kind, "#e5e7eb")
    lines = _lines(point.name)
    first = y + _HIGH / 2 + 4 - 7 * (len(lines) - 1)
    texts = "".join(
        _text(x + _WIDE / 2, first + 14 * i, line, "middle", 12) for i, line in enumerate(lines)
    )
    return (
        f'<g><title>{escape(point.name)}</title><rect x="{x}" y="{y}" width="{_WIDE}" '
        f'height="{_HIGH}" rx="6" fill="{fill}" stroke="#475569"/>{texts}</g>'
    )


def _lines(text: str) -> list[str]:
    if len(text) <= _CHARS:
        return [text]
    cut = max(text.rfind(mark, 0, _CHARS) for mark in ("/", " ", "-", "["))
    cut = cut + 1 if cut > _CHARS // 3 else _CHARS
    first, rest = text[:cut], text[cut:]
    return [first.rstrip(), rest if len(rest) <= _CHARS else f"{rest[: _CHARS - 1]}…"]


def _arrow(a: tuple[int, int], b: tuple[int, int], steps: Sequence[PathStep]) -> str:
    x1, y1, x2, y2 = a[0] + _WIDE, a[1] + _HIGH // 2, b[0], b[1] + _HIGH // 2
    bend = max(abs(x2 - x1) // 2, 30)
    unsure = all(step.assumed or not step.sure for step in steps)
    dash = ' stroke-dasharray="5 4"' if unsure else ""
    said = escape("\n".join(step.text for step in steps))
    return (
        f'<path d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" fill="none" '
        f'stroke="#475569" stroke-width="1.4" marker-end="url(#k-tip)"{dash}>'
        f"<title>{said}</title></path>"
    )


def _text(x: float, y: float, text: str, anchor: str, size: int, *, fill: str = "#0f172a") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text)}</text>'
    )
