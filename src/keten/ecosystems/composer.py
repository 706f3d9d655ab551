"""Packagist: PHP's ``version_compare`` on what Composer strips of a leading ``v``."""

import re
from collections.abc import Iterator
from typing import Any

from keten.formats.versions.order import Compared, clean, number
from keten.model.plug import Ecosystem

_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|#")
# PHP matches these as beginnings, in this order; what is none of them is below all.
_FORMS = (("dev", 0), ("a", 1), ("b", 2), ("RC", 3), ("rc", 3), ("p", 6))
_UNKNOWN, _END, _NUMBER = -1, 4, 5


def key(version: str) -> "tuple[Any, ...] | Marked":
    """Return the key of *version*; a number ranks above the end, ``pl`` above a number."""
    text = clean(version)
    if text[0] in "vV":
        text = text[1:]
    tokens = _TOKEN.findall(text)
    if "#" in tokens:
        return Marked(tuple(map(_item, tokens)))
    found: list[Any] = []
    for token in tokens:
        found += _item(token)
    found.append(_END)
    return tuple(found)


def _item(token: str) -> tuple[int, ...]:
    if token == "#":
        return (_END,)
    if token[0].isdecimal():
        return (_NUMBER, number(token))
    return (next((rank for form, rank in _FORMS if token.startswith(form)), _UNKNOWN),)


class Marked(Compared):
    """The key of a version in which PHP's own mark for "any number" stands, ``#``.

    It equals every number and no number at all, so that it has no place in a total order;
    nobody publishes such a version.
    """

    def __init__(self, items: tuple[tuple[int, ...], ...]) -> None:
        self._items = items

    def compare(self, other: object) -> int:
        """Return how this stands to *other*, as version_compare has it."""
        mine, theirs = self._items, _items(other)
        for a, b in zip(mine, theirs, strict=False):
            if a == b or {a[0], b[0]} == {_END, _NUMBER}:
                continue
            return -1 if a < b else 1
        if len(mine) == len(theirs):
            return 0
        longer, sign = (mine, 1) if len(mine) > len(theirs) else (theirs, -1)
        for item in longer[min(len(mine), len(theirs)) :]:
            if item[0] != _END:
                return sign if item[0] > _END else -sign
        return 0


def _items(key: object) -> tuple[tuple[int, ...], ...]:
    if isinstance(key, Marked):
        return key._items  # noqa: SLF001 - its own kind
    assert isinstance(key, tuple)
    return tuple(_split(key))


def _split(key: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    parts = iter(key[:-1])
    for rank in parts:
        yield (rank, next(parts)) if rank == _NUMBER else (rank,)


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Packagist",
    purl_type="composer",
    osv="Packagist",
    key=key,
    normalise=_normalise,
    vers=("composer", "packagist"),
)
