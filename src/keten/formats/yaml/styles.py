"""How a text is written: its indentation, and whether its lists stand deeper than their key."""

from keten.formats.yaml.spots import Layout, every
from keten.formats.yaml.writing import Style

_STEPS = 10  # columns of indentation that are meant


def _as_json(layout: Layout) -> bool:
    """Return whether what is read as YAML is written as JSON is: brackets, and quoted keys."""
    keys = [key for spot in every(layout.root) for key, _ in spot.pairs]
    return layout.root.flow and bool(keys) and all(key.style == '"' for key in keys)


def style_of(layout: Layout) -> Style:
    """Return how a text is written, as far as it tells."""
    text = layout.text
    found = Style(quoted=layout.json or _as_json(layout))
    steps: dict[int, int] = {}
    lists: dict[bool, int] = {}

    def column(at: int) -> int:
        return at - text.rfind("\n", 0, at) - 1

    for spot in every(layout.root):
        for key, value in spot.pairs:
            if spot.flow and not layout.json:
                continue
            inside = value.pairs[0][0] if value.pairs else value.items[0] if value.items else None
            if inside is None or "\n" not in text[key.end : inside.start]:
                continue
            if layout.json:
                line = text[text.rfind("\n", 0, key.start) + 1 : key.start]
                apart = column(inside.start) - (len(line) - len(line.lstrip(" ")))
                steps[apart] = steps.get(apart, 0) + 1
            elif value.kind == "mapping" and not value.flow:
                apart = column(inside.start) - column(key.start)
                steps[apart] = steps.get(apart, 0) + 1
            elif value.kind == "sequence" and not value.flow:
                dash = layout.before(inside.start) - 1
                deeper = column(dash) > column(key.start)
                lists[deeper] = lists.get(deeper, 0) + 1
    found.step = max(
        (s for s in steps if 1 <= s <= _STEPS), key=lambda s: (steps[s], -s), default=2
    )
    found.indented = lists.get(True, 0) > lists.get(False, 0)
    found.compact = layout.json and '": ' not in text and '":' in text
    return found
