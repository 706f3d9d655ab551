"""Versions of no known ecosystem, as libversion orders them.

Numbers and words alternate. ``patch``, ``post`` and the like are above the end, and so is a
single letter after a number; every other word (alpha, beta, rc, pre, dev) is below it.
"""

import re
from typing import Any

from keten.formats.versions.order import clean, number
from keten.model.plug import Ecosystem

_PART = re.compile(r"[0-9]+|[A-Za-z]+")
_PRE, _END, _LATER, _NUMBER = range(4)
_WORDS_AFTER = ("post", "patch", "pl", "errata")


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; zeros at the end or before a word do not count."""
    parts = _PART.findall(clean(version).lower())
    found: list[Any] = []
    for before, part in zip(["", *parts], parts, strict=False):
        if part[0] <= "9":
            found += (_NUMBER, number(part))
            continue
        _drop_zeros(found)
        if part.startswith(_WORDS_AFTER) or (len(part) == 1 and before[:1].isdecimal()):
            found += (_LATER, part)
        else:
            found += (_PRE, part)
    _drop_zeros(found)
    found.append(_END)
    return tuple(found)


def _drop_zeros(found: list[Any]) -> None:
    while found[-2:] == [_NUMBER, 0]:
        found[-2:] = []


ECOSYSTEM = Ecosystem(
    title="generic",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("generic", "none", "all"),
)
