"""Maven: the order of the POM reference, "Version Order Specification" (ComparableVersion).

A version is a row of tokens, each with the separator before it. Null tokens (``0``, empty,
``final``, ``ga``, ``release``) are dropped before a hyphen and at the end, so that what is
missing orders as nothing, between ``snapshot`` and ``sp``.
"""

import re
from collections.abc import Iterator
from typing import Any

from keten.formats.versions.intervals import native
from keten.formats.versions.order import Compared, clean, number
from keten.model.plug import Ecosystem

_TOKEN = re.compile(r"([.-]?)([0-9]+|[^0-9.-]+|)")
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
# Ranks from the lowest. Of two like qualifiers the one behind a dot is below the one behind a
# hyphen, as in Maven up to 3.8; the same holds for numbers the other way round.
_QUALIFIERS = {"alpha": 0, "beta": 2, "milestone": 4, "rc": 6, "cr": 6, "snapshot": 8}
_NULL, _SP, _OTHER, _HYPHEN, _DOT = 10, 11, 12, 15, 16
_BEHIND_HYPHEN = 2  # added to _SP and _OTHER; to a qualifier above, 1
_NOTHING = frozenset({"", "final", "ga", "release"})


_VALUED = frozenset({_OTHER, _OTHER + _BEHIND_HYPHEN, _HYPHEN, _DOT})

_Item = tuple[Any, ...]


def key(version: str) -> "tuple[Any, ...] | Circular":
    """Return the key of *version*: the rank of each token, with its value where it has one."""
    items = [_item(*token) for token in _trimmed(_tokens(clean(version).lower()))]
    null = False
    for item in items[1:]:
        if null and item[0] < _NULL:
            return Circular(tuple(items))
        null = item in _NULLS
    return (*[part for item in items for part in item], _NULL)


def _item(hyphen: bool, token: str) -> _Item:  # noqa: FBT001 - a pair as _tokens yields it
    if "0" <= token[:1] <= "9":
        return (_HYPHEN if hyphen else _DOT, number(token))
    if token in _QUALIFIERS:
        return (_QUALIFIERS[token] + hyphen,)
    if token in _NOTHING:
        return (_NULL,)
    more = _BEHIND_HYPHEN if hyphen else 0
    return (_SP + more,) if token == "sp" else (_OTHER + more, token)


_NULLS = ((_DOT, 0), (_HYPHEN, 0), (_NULL,))


class Circular(Compared):
    """The key of a version with a zero before ``.alpha`` and the like, as in ``1.0.Beta1``.

    Maven's own order goes in a circle here: 1.0.Beta1 < 1.0 < 1.0-1 < 1.0.Beta1. Such a key
    walks the tokens as Maven does; it is in order with all versions that have no ``-1``.
    """

    __slots__ = ("_tokens",)

    def __init__(self, tokens: tuple[_Item, ...]) -> None:
        self._tokens = tokens

    def compare(self, other: object) -> int:
        """Return how this stands to *other*, as ComparableVersion has it."""
        mine, theirs = self._tokens, tuple(_split(other))
        for a, b in zip(mine, theirs, strict=False):
            if a != b:
                return -1 if a < b else 1
        sign, longer = (1, mine) if len(mine) > len(theirs) else (-1, theirs)
        for item in longer[min(len(mine), len(theirs)) :]:
            if item not in _NULLS:
                return sign if item > (_NULL,) else -sign
        return 0

    def __hash__(self) -> int:
        return hash(self._tokens[0])


def _split(key: object) -> Iterator[_Item]:
    if isinstance(key, Circular):
        yield from key._tokens  # noqa: SLF001 - its own kind
        return
    assert isinstance(key, tuple)
    parts = iter(key[:-1])
    for rank in parts:
        yield (rank, next(parts)) if rank in _VALUED else (rank,)


def _tokens(text: str) -> list[tuple[bool, str]]:
    """Return (follows a hyphen, token); a change between digits and letters is a hyphen."""
    found: list[tuple[bool, str]] = []
    position = 0
    while position < len(text) or not found:
        match = _TOKEN.match(text, position)
        assert match is not None  # the pattern takes the empty text
        separator, token = match.groups()
        joined = not separator and bool(found)
        follows_digit = match.end() < len(text) and text[match.end()].isdecimal()
        if follows_digit and not token[:1].isdecimal():
            token = _SHORT.get(token, token)
        found.append((separator == "-" or joined, token or "0"))
        position = match.end()
    return found


def _trimmed(tokens: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    kept: list[tuple[bool, str]] = []
    for hyphen, token in tokens:
        if hyphen:
            _drop_nulls(kept)
        kept.append((hyphen, token))
    _drop_nulls(kept)
    return kept


def _drop_nulls(kept: list[tuple[bool, str]]) -> None:
    while len(kept) > 1 and (not kept[-1][1].strip("0") or kept[-1][1] in _NOTHING):
        kept.pop()


ECOSYSTEM = Ecosystem(
    title="Maven",
    purl_type="maven",
    osv="Maven",
    key=key,
    normalise=str.strip,
    vers=("maven",),
    native=native,
)
