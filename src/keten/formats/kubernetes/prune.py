"""What of an object can be used: nulls left out, and what the API's types do not take."""

from typing import Any

from keten.formats.kubernetes.judge import fits
from keten.formats.kubernetes.schema import schema

_DROP: Any = object()
_ZERO = {"s": "", "b": False}


def prune(value: Any, name: str) -> dict[str, Any]:
    """Return *value* with only what the API type *name* takes; ``{}`` where nothing is left."""
    kept = _typed(value, name, schema().types)
    return kept if isinstance(kept, dict) else {}


def _typed(item: Any, code: str, types: dict[str, dict[str, str]]) -> Any:
    if item is None:
        return _DROP
    first = code[0]
    if first == "[":
        if type(item) is not list:
            return _DROP
        return [_element(_typed(one, code[1:], types), code[1:]) for one in item]
    if first == "{":
        if type(item) is not dict:
            return _DROP
        made = {key: _typed(one, code[1:], types) for key, one in item.items()}
        return {key: one for key, one in made.items() if one is not _DROP}
    if (fields := types.get(code)) is not None:
        if type(item) is not dict:
            return _DROP
        kept = {}
        for key, one in item.items():
            if key in fields and (made := _typed(one, fields[key], types)) is not _DROP:
                kept[key] = made
        return kept
    return item if first in "*|" or fits(item, code) else _DROP


def _element(item: Any, code: str) -> Any:
    """Stand in for what was dropped from a list, so that the places of the others stay."""
    if item is not _DROP:
        return item
    if code in _ZERO:
        return _ZERO[code]
    return {} if code in schema().types else None
