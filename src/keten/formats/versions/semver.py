"""Semantic Versioning 2.0.0, section 11, and the looser spellings that registries hold.

Read as well: a leading ``v``, missing parts (``1.2``), more than three parts, and a
pre-release that follows without its hyphen (``1.21rc2``).
"""

import re
from typing import Any

from keten.formats.versions.order import clean, number

_NUMBERS = re.compile(r"[0-9.]*")

Key = tuple[Any, ...]


def key(version: str) -> Key:
    """Return the key of *version*: release, 0 with pre-release or 1 without, identifiers."""
    text = clean(version)
    if text[0] in "vV=":
        text = text.lstrip("vV= ")
    release, rest = split(text)
    rest = rest.partition("+")[0].removeprefix("-")
    if not rest:
        return (release, 1)
    return (release, 0, *identifiers(rest))


def built(version: str) -> Key:
    """Return a key in which build metadata orders too: a build is after its release."""
    text, _, build = clean(version).partition("+")
    first = key(text) if text else ((), 1)
    return (first, identifiers(build) if build else ())


def split(text: str) -> tuple[tuple[int, ...], str]:
    """Return the numbers that *text* begins with, and what follows them.

    Zeros at the end are left out, since missing numbers count as zero.
    """
    match = _NUMBERS.match(text)
    head = match.group() if match else ""
    numbers = [number(part) for part in head.split(".") if part]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), text[len(head) :]


def identifiers(text: str) -> Key:
    """Return the key of dotted identifiers: numbers order before texts, fewer before more."""
    key: list[Any] = []
    for part in text.split("."):
        key += (0, number(part)) if part.isdecimal() and part.isascii() else (1, part)
    return tuple(key)
