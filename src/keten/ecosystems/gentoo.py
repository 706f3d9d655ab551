"""Gentoo packages: the order of the Package Manager Specification, section 3.3."""

import re
from typing import Any

from keten.formats.versions.order import clean, number, refuse
from keten.model.plug import Ecosystem

_VERSION = re.compile(
    r"([0-9]+(?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r([0-9]+))?"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_WEIGHTS = {"alpha": 0, "beta": 1, "pre": 2, "rc": 3, "p": 5}
_NO_SUFFIX = 4
_STOP, _TEXT, _NUMBER = 0, 1, 2


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; InputError for what the specification does not allow."""
    match = _VERSION.fullmatch(clean(version))
    if match is None:
        raise refuse(version, "Gentoo")
    first, *others = match[1].split(".")
    found: list[Any] = [number(first)]
    for digits in others:
        # Algorithm 3.3: with a zero in front both are texts, less the zeros at their end.
        found += (_TEXT, digits.rstrip("0")) if digits[0] == "0" else (_NUMBER, number(digits))
    found += (_STOP, match[2])
    for name, nth in _SUFFIX.findall(match[3]):
        found += (_WEIGHTS[name], number(nth))
    found += (_NO_SUFFIX, number(match[4] or ""))
    return tuple(found)


ECOSYSTEM = Ecosystem(
    title="Gentoo",
    purl_type="ebuild",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("gentoo", "ebuild"),
)
