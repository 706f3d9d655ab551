"""Field paths as documents.step writes them: read into steps, and values changed along them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.documents import step

STEPS = 200  # of one path; objects of Kubernetes stay below 40
LENGTH = 4_096  # characters of one path

_STEP = re.compile(r'\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.\[\]"]+)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
Steps = tuple[str | int, ...]


class Edit(Struct, frozen=True):
    """One change: at the field path *at* stands *to*, or nothing where it is to *remove*.

    Mappings that are missing on the way are made; the index after the last item appends.
    """

    at: str
    to: Any = None
    remove: bool = False


def steps(path: str) -> Steps:
    """Return the keys and indexes of a field path; InputError for what is none."""
    found: list[str | int] = []
    at = 0
    while at < len(path) and len(path) <= LENGTH:
        part = _STEP.match(path, at)
        if part is None or len(found) == STEPS:
            break
        if part[1] is not None:
            found.append(int(part[1]))
        elif part[2] is not None:
            found.append(_ESCAPED.sub(r"\1", part[2]))
        else:
            found.append(part[3])
        at = part.end()
    if at < len(path):
        raise InputError(f"{path[:80]!r} is no field path")
    return tuple(found)


def written(found: Iterable[str | int]) -> str:
    """Return the field path of *found*: what ``steps`` reads."""
    text = "".join(f"[{one}]" if isinstance(one, int) else step(one) for one in found)
    return text.removeprefix(".")


def at(value: Any, path: Sequence[str | int]) -> Any:
    """Return what stands in *value* at *path*, None where there is nothing."""
    for one in path:
        if isinstance(one, int):
            if not isinstance(value, list) or one >= len(value):
                return None
            value = value[one]
        else:
            if not isinstance(value, dict):
                return None
            value = value.get(one)
    return value


def applied(value: Any, edits: Iterable[Edit]) -> Any:
    """Return *value* with all *edits*; paths mean *value* as it is. *value* itself stays.

    Two edits of one field must agree. InputError where a path leads through something that is
    neither a mapping nor a list, or what is to be removed is not there.
    """
    wanted: dict[Steps, Edit] = {}
    for edit in edits:
        path = steps(edit.at)
        other = wanted.setdefault(path, edit)
        if not same([other.to, other.remove], [edit.to, edit.remove]):
            raise InputError(f"two changes of {edit.at} that do not agree")
    for path in sorted((p for p, e in wanted.items() if not e.remove), key=order):
        value = _set(value, path, 0, wanted[path].to)
    for path in sorted((p for p, e in wanted.items() if e.remove), key=order, reverse=True):
        value = _removed(value, path, 0)
    return value


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to JSON: 1 is 1.0, and not true."""
    if type(one) is not type(other):
        return {type(one), type(other)} == {int, float} and bool(one == other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def order(path: Steps) -> tuple[tuple[int, int, str], ...]:
    """Return what sorts paths: items of a list by their number."""
    return tuple((0, p, "") if isinstance(p, int) else (1, 0, p) for p in path)


def _set(value: Any, path: Steps, depth: int, to: Any) -> Any:
    if depth == len(path):
        return to
    one = path[depth]
    if isinstance(one, int):
        items = _items(value, path, depth)
        if one > len(items):
            raise InputError(f"{written(path[: depth + 1])}: the list has {len(items)} items")
        below = _set(items[one] if one < len(items) else None, path, depth + 1, to)
        return [*items[:one], below, *items[one + 1 :]]
    fields = _fields(value, path, depth)
    return {**fields, one: _set(fields.get(one), path, depth + 1, to)}


def _removed(value: Any, path: Steps, depth: int) -> Any:
    one = path[depth] if path else ""
    held = _items(value, path, depth) if isinstance(one, int) else _fields(value, path, depth)
    there = one < len(held) if isinstance(one, int) else one in held
    if not there:
        raise InputError(f"{written(path)} is not there: nothing to remove")
    last = depth == len(path) - 1
    if isinstance(one, int):
        middle = [] if last else [_removed(value[one], path, depth + 1)]
        return [*value[:one], *middle, *value[one + 1 :]]
    if last:
        return {key: item for key, item in value.items() if key != one}
    return {**value, one: _removed(value[one], path, depth + 1)}


def _items(value: Any, path: Steps, depth: int) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise InputError(f"{written(path[:depth]) or 'the document'} is no list")
    return value or []


def _fields(value: Any, path: Steps, depth: int) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise InputError(f"{written(path[:depth]) or 'the document'} is no mapping")
    return value or {}
