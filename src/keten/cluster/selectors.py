"""Label selectors, exactly as the API server reads them, over an index of labels.

Source: Kubernetes API reference, LabelSelector (meta/v1).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

_NOTHING: frozenset[int] = frozenset()
_Terms = list[tuple[str, tuple[str, ...] | None]]


class Selector(Struct, frozen=True):
    """What labels must (*wants*) and must not (*bars*) be; values None means any value.

    ``NotIn`` holds where the label is absent, as in the API.
    """

    wants: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    bars: tuple[tuple[str, tuple[str, ...] | None], ...] = ()


def selector(spec: Any) -> Selector | None:
    """Return the selector that a LabelSelector says; None for one the API server refuses."""
    if spec is None:
        return Selector()
    if not isinstance(spec, dict):
        return None
    plain = equality(spec.get("matchLabels") or {})
    expressions = spec.get("matchExpressions") or []
    if plain is None or not isinstance(expressions, list):
        return None
    wants: _Terms = list(plain.wants)
    bars: _Terms = []
    for item in expressions:
        match item:
            case {"key": str(key), "operator": "In", "values": [_, *_] as values}:
                wants.append((key, tuple(values)))
            case {"key": str(key), "operator": "NotIn", "values": [_, *_] as values}:
                bars.append((key, tuple(values)))
            case {"key": str(key), "operator": "Exists"} if not item.get("values"):
                wants.append((key, None))
            case {"key": str(key), "operator": "DoesNotExist"} if not item.get("values"):
                bars.append((key, None))
            case _:
                return None
    every = [value for _, values in (*wants, *bars) for value in values or ()]
    if not all(isinstance(value, str) for value in every):
        return None
    return Selector(tuple(wants), tuple(bars))


def equality(labels: Any) -> Selector | None:
    """Return the selector of a plain map of labels, as a Service has; None for one that is none."""
    if not isinstance(labels, dict):
        return None
    if not all(isinstance(k, str) and isinstance(v, str) for k, v in labels.items()):
        return None
    return Selector(tuple((key, (value,)) for key, value in sorted(labels.items())))


class Labelled:
    """Things with labels, found by selector in about the time that the answer is long."""

    def __init__(self, labels: Iterable[Mapping[str, str]]) -> None:
        self._labels: Sequence[Mapping[str, str]] = list(labels)
        self._pairs: dict[tuple[str, str], set[int]] = {}
        self._keys: dict[str, set[int]] = {}
        for i, each in enumerate(self._labels):
            for key, value in each.items():
                self._pairs.setdefault((key, value), set()).add(i)
                self._keys.setdefault(key, set()).add(i)

    def select(self, wanted: Selector) -> list[int]:
        """Return the positions of what *wanted* selects, ascending."""
        sets = sorted((self._having(key, values) for key, values in wanted.wants), key=len)
        found = set(sets[0]).intersection(*sets[1:]) if sets else set(range(len(self._labels)))
        for key, values in wanted.bars:
            found -= self._having(key, values)
        return sorted(found)

    def any(self, wanted: Selector) -> bool:
        """Return whether *wanted* selects something."""
        return bool(self.select(wanted))

    def _having(self, key: str, values: tuple[str, ...] | None) -> set[int] | frozenset[int]:
        if values is None:
            return self._keys.get(key, _NOTHING)
        if len(values) == 1:
            return self._pairs.get((key, values[0]), _NOTHING)
        return set().union(*(self._pairs.get((key, value), ()) for value in values))
