"""Alpine packages: the order of apk-tools (``version.c``, apk-package(5)).

``number{.number}...{letter}{_suffix{number}}...{~hash}{-r#}``. What does not fit that is
ordered by the part that fits and stands before the version that ends there.
"""

import re
from typing import Any

from keten.formats.versions.order import clean, number
from keten.model.plug import Ecosystem

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_SUFFIX = re.compile(r"_(alpha|beta|pre|rc|cvs|svn|git|hg|p)([0-9]*)")
_HASH = re.compile(r"~[0-9a-f]+")
_BUILD = re.compile(r"-r([0-9]*)")
_WEIGHTS = {"alpha": 0, "beta": 1, "pre": 2, "rc": 3, "cvs": 5, "svn": 6, "git": 7, "hg": 8}
_HIGHEST = 9
_STOP, _TEXT, _NUMBER = 0, 1, 2
_WRONG, _BARE, _BUILT = 0, 1, 2
_NO_SUFFIX = 4


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; none is refused but an empty one, as apk compares all."""
    text = clean(version)
    match = _NUMBERS.match(text)
    numbers = match.group().split(".") if match else []
    at = match.end() if match else 0
    letter = text[at : at + 1]
    if "a" <= letter <= "z":
        at += 1
    else:
        letter = ""
    suffixes: list[int] = []
    while match := _SUFFIX.match(text, at):
        suffixes += (_WEIGHTS.get(match[1], _HIGHEST), number(match[2]))
        at = match.end()
    commit = ""
    if match := _HASH.match(text, at):
        commit, at = match.group(), match.end()
    build, closing = 0, _BARE
    if match := _BUILD.match(text, at):
        build, closing, at = number(match[1]), _BUILT, match.end()
    rest = text[at:]
    if rest:  # of wrong builds none is more than another
        wrong = "" if closing == _BUILT or rest[0] == "-" else rest
        return (*_row(numbers), letter, *suffixes, _NO_SUFFIX, commit, build, _WRONG, wrong)
    return (*_row(numbers), letter, *suffixes, _NO_SUFFIX, commit, build, closing)


def _row(numbers: list[str]) -> tuple[Any, ...]:
    """Return the numbers: the first as such; of the others a zero in front makes it a text."""
    found: list[Any] = []
    for place, digits in enumerate(numbers):
        if place and digits[0] == "0":
            found += (_TEXT, digits)
        else:
            found += (_NUMBER, number(digits))
    found.append(_STOP)
    return tuple(found)


ECOSYSTEM = Ecosystem(
    title="Alpine",
    purl_type="apk",
    osv="Alpine",
    key=key,
    normalise=str.strip,
    vers=("apk", "alpine"),
    osv_more=("Alpaquita", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi"),
)
