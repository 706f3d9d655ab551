"""Conan packages: Conan 2's ``Version``, semantic versioning with any number of items.

Conan compares a number with a text as texts, which goes in circles (2 < 10 < 1a < 2). Here
digits that a text begins with count as a number, so that 1 < 1a < 2 < 10.
"""

import re
from typing import Any

from keten.errors import InputError
from keten.formats.versions.order import clean, number
from keten.model.plug import Ecosystem

_ITEM = re.compile(r"([0-9]+)(.*)", re.DOTALL)
_EMPTY, _NUMBER, _TEXT = 0, 1, 2
_CLAUSE = re.compile(r"(>=|<=|!=|[<>=~^])?\s*([^\s<>=~^|,]+)\s*")


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*: items, 0 and the pre-release or 1, the build."""
    text, plus, build = clean(version).rpartition("+")
    text = text if plus else build
    text, dash, pre = text.partition("-")
    return (
        _items(text),
        *((0, _items(pre)) if dash else (1,)),
        (1, *_items(build)) if plus else (),
    )


def _items(text: str) -> tuple[Any, ...]:
    found: list[Any] = []
    for item in text.split("."):
        match = _ITEM.fullmatch(item)
        if match:
            found += (_NUMBER, number(match[1]), match[2])
        else:
            found += (_TEXT, item, "") if item else (_EMPTY, 0, "")
    while found[-3:] == [_NUMBER, 0, ""]:
        found[-3:] = []
    return tuple(found)


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of a Conan version range, without its outer brackets.

    ``include_prerelease`` and a closing hyphen say whether pre-releases match, which VERS can
    not; they are left out.
    """
    found: list[tuple[str, str]] = []
    text = text.strip().removeprefix("[").removesuffix("]")
    for part in text.partition(",")[0].split("||"):
        part = part.strip()  # noqa: PLW2901 - the blanks around it say nothing
        position = 0
        while position < len(part):
            match = _CLAUSE.match(part, position)
            if match is None:
                raise InputError(f"{part[:60]!r} is no version range of Conan")
            found += _clause(match[1] or "", match[2])
            position = match.end()
    return tuple(found)


def _clause(operator: str, written: str) -> list[tuple[str, str]]:
    version = written.removesuffix("-")
    if version == "*":
        return [(">=", "0.0.0")]
    if operator in {"", "="}:
        return [("=", version)]
    if operator in "~^":
        return [(">=", version), ("<", f"{_raise(operator, version)}-")]
    return [(operator, version)]


def _raise(operator: str, version: str) -> str:
    """Return the upper end: the minor raised for ``~``, the first item that is not 0 for ``^``."""
    items = re.split(r"[-+]", version, maxsplit=1)[0].split(".")
    if operator == "~":
        place = min(1, len(items) - 1)
    else:
        place = next((i for i, item in enumerate(items) if item.strip("0")), len(items) - 1)
    if not items[place].isdecimal() or len(items[place]) > 4000:  # noqa: PLR2004 - int() limit
        raise InputError(f"{operator}{version[:60]} can not be raised")
    return ".".join([*items[:place], str(int(items[place]) + 1)])


ECOSYSTEM = Ecosystem(
    title="Conan",
    purl_type="conan",
    osv="ConanCenter",
    key=key,
    normalise=str.strip,
    vers=("conan",),
    native=native,
)
