"""What two renderings of the same thing differ in, but for what was edited.

One value may stand in several objects: where another object changes in the field that was edited
in one, that is the edit. Anything else that changes is strange.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from keten.formats.yaml.edit import objects
from keten.formats.yaml.fields import Steps, same, steps, written

DEPTH = 60
"""How deep objects and values are looked into."""

Name = tuple[str, str, str]
"""Kind, namespace and name of an object."""

_Leaves = dict[Steps, Any]
_GONE = object()


def name_of(value: dict[str, Any]) -> Name:
    """Return what names the object *value*, as keten.model.kube has it."""
    meta = value.get("metadata")
    said: dict[str, Any] = meta if isinstance(meta, dict) else {}
    name = said.get("name") or said.get("generateName") or ""
    return str(value.get("kind")), str(said.get("namespace") or ""), str(name)


def values_of(data: bytes) -> list[dict[str, Any]]:
    """Return the objects in what was rendered."""
    return [one.value for one in objects(data)]


def every(value: Any, path: Steps) -> Iterator[tuple[Steps, Any]]:
    """Yield *value* and all that stands in it, with the paths."""
    yield path, value
    if len(path) > DEPTH:
        return
    if isinstance(value, dict):
        for key in sorted(value):
            yield from every(value[key], (*path, key))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from every(one, (*path, i))


def differences(
    before: Iterable[dict[str, Any]],
    after: Iterable[dict[str, Any]],
    edits: Sequence[tuple[Name, str]],
) -> list[str]:
    """Return what differs (``Kind/name field``) that *edits* do not explain."""
    old, new = _numbered(before), _numbered(after)
    mine: dict[Name, list[Steps]] = {}
    for name, field in edits:
        path = steps(field)
        if isinstance(path[-1], int):  # an item that goes moves those behind it
            path = path[:-1]
        mine.setdefault(name, []).append(path)
    ends = {_end(path) for paths in mine.values() for path in paths}
    made: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        title = f"{key[0][0]}/{key[0][2]}"
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            made.append(title)
        elif one != other:
            made += [
                f"{title} {written(path)}"
                for path in changed(one, other)
                if not _explained(path, mine.get(key[0], ()), ends)
            ]
    return made


def _numbered(values: Iterable[dict[str, Any]]) -> dict[tuple[Name, int], dict[str, Any]]:
    """Return the objects by name, and by number where several have the same."""
    made: dict[tuple[Name, int], dict[str, Any]] = {}
    for value in values:
        name, count = name_of(value), 0
        while (name, count) in made:
            count += 1
        made[name, count] = value
    return made


def changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Steps]:
    """Return the paths at which the scalars, and empty collections, of two values differ."""
    before, after = _leaves(one), _leaves(other)
    return [
        path
        for path in sorted(before.keys() | after.keys(), key=written)
        if not same(before.get(path, _GONE), after.get(path, _GONE))
        and not _opened(path, before, after)
    ]


def _leaves(value: Any) -> _Leaves:
    return {
        path: one for path, one in every(value, ()) if not isinstance(one, dict | list) or not one
    }


def _opened(path: Steps, before: _Leaves, after: _Leaves) -> bool:
    """Return whether an empty collection, or null, got entries, or lost the last."""
    nothing: tuple[Any, ...] = ({}, [], None)
    return all(held.get(path) in nothing for held in (before, after))


def _explained(path: Steps, edits: Iterable[Steps], ends: set[Steps]) -> bool:
    """Return whether an edit is at *path* or above it; in another object, in the same field."""
    if any(path[: len(one)] == one for one in edits):
        return True
    return any(end and _within(end, path) for end in ends)


def _end(path: Steps) -> Steps:
    """Return the last two keys of a field: what it is called in any object."""
    return tuple(one for one in path if isinstance(one, str))[-2:]


def _within(end: Steps, path: Steps) -> bool:
    keys = tuple(one for one in path if isinstance(one, str))
    return any(keys[i : i + len(end)] == end for i in range(len(keys) - len(end) + 1))
