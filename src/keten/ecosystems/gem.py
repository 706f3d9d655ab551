"""RubyGems: the order of ``Gem::Version``."""

import re
from typing import Any

from keten.errors import InputError
from keten.formats.versions.order import clean, number, refuse
from keten.model.plug import Ecosystem

_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")
_CLAUSE = re.compile(r"\s*(~>|>=|<=|!=|=|>|<)?\s*([0-9][0-9A-Za-z.-]*)\s*")
# Ranks: a text is below the zero that stands for missing segments, a number above it. A zero
# inside takes the side of what follows it, so that it orders beside the end as Ruby's does.
_TEXT, _ZERO, _NUMBER = 0, 1, 2


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*: its canonical segments, then the zero of the missing ones."""
    text = clean(version)
    segments = _SEGMENT.findall(text.replace("-", ".pre."))
    if not segments:
        raise refuse(version, "RubyGems")
    first = next((i for i, part in enumerate(segments) if not part.isdecimal()), len(segments))
    ordered = _trim(segments[:first]) + _trim(segments[first:])
    pairs: list[tuple[int, Any]] = [(_ZERO, 0)]
    side = 0
    for part in reversed(ordered):
        if not part.isdecimal():
            side = -1
            pairs.append((_TEXT, part))
        elif value := number(part):
            side = 1
            pairs.append((_NUMBER, value))
        else:
            pairs.append((_ZERO, side))
    return tuple([item for pair in reversed(pairs) for item in pair])


def _trim(segments: list[str]) -> list[str]:
    end = len(segments)
    while end and not segments[end - 1].strip("0"):
        end -= 1
    return segments[:end]


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of a ``Gem::Requirement``."""
    found: list[tuple[str, str]] = []
    for clause in filter(None, map(str.strip, text.split(","))):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise InputError(f"{clause[:60]!r} is no requirement of RubyGems")
        operator, version = match[1] or "=", match[2]
        if operator == "~>":
            found += ((">=", version), ("<", _bump(version)))
        else:
            found.append((operator, version))
    return tuple(found)


def _bump(version: str) -> str:
    """Return what ``Gem::Version#bump`` does: the last number but one raised, the rest gone."""
    numbers: list[str] = []
    for part in re.findall(r"[0-9]+|[A-Za-z]+", version):
        if not part.isdecimal():
            break
        numbers.append(part)
    if len(numbers) > 1:
        numbers.pop()
    if not numbers or len(numbers[-1]) > 4000:  # noqa: PLR2004 - what int() converts
        raise InputError(f"{version[:60]!r} can not be raised")
    numbers[-1] = str(int(numbers[-1]) + 1)
    return ".".join(numbers)


ECOSYSTEM = Ecosystem(
    title="RubyGems",
    purl_type="gem",
    osv="RubyGems",
    key=key,
    normalise=str.strip,
    vers=("gem",),
    native=native,
)
