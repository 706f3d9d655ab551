"""Maven: the order of the POM reference, "Version Order Specification" (ComparableVersion).

A version is a row of tokens, each with the separator before it. Null tokens (``0``, empty,
``final``, ``ga``, ``release``) are dropped before a hyphen, before a qualifier and at the
end, so that what is missing orders as nothing, between ``snapshot`` and ``sp``.
"""

import re
from typing import Any

from keten.formats.intervals import native
from keten.formats.order import clean, number
from keten.model.plug import Ecosystem

_TOKEN = re.compile(r"([.-]?)([0-9]+|[^0-9.-]+|)")
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_QUALIFIERS = {"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4}
_NULL, _SP, _OTHER, _HYPHEN, _DOT = 5, 6, 7, 8, 9
_NOTHING = frozenset({"", "final", "ga", "release"})


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*: the rank of each token, with its value where it has one."""
    tokens = _tokens(clean(version).lower())
    found: list[Any] = []
    for hyphen, token in _trimmed(tokens):
        if token[:1].isdecimal():
            found += (_HYPHEN if hyphen else _DOT, number(token))
        elif token in _QUALIFIERS:
            found.append(_QUALIFIERS[token])
        elif token in _NOTHING:
            found.append(_NULL)
        elif token == "sp":
            found.append(_SP)
        else:
            found += (_OTHER, token)
    found.append(_NULL)
    return tuple(found)


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
        if hyphen or not token[:1].isdecimal():
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
