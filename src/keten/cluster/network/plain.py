"""What stands in the text of an object, where it is what it should be; nothing where it is not."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """Return *value* if it is a map, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the maps of the list *value*."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> dict[str, str]:
    """Return the texts of the map *value*."""
    return {key: item for key, item in mapping(value).items() if isinstance(item, str)}
