"""Version ranges in interval notation, ``[1.0,2.0)``, as Maven and NuGet write them."""

import re

from keten.errors import InputError

_INTERVAL = re.compile(r"\s*([\[(])([^\[\]()]*)([\])])\s*,?")


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of *text*; a version without brackets is the least wanted."""
    text = text.strip()
    if text[:1] not in {"[", "("}:
        if not text or re.search(r"[\[\](),\s]", text):
            raise InputError(f"{text[:60]!r} is no version range")
        return ((">=", text),)
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _INTERVAL.match(text, position)
        if match is None:
            raise InputError(f"{text[:60]!r} is no version range")
        found += _interval(*match.groups())
        position = match.end()
    return tuple(found)


def _interval(left: str, inner: str, right: str) -> list[tuple[str, str]]:
    low, comma, high = (part.strip() for part in inner.partition(","))
    if not comma:
        if (left, right) != ("[", "]") or not low:
            raise InputError(f"{left}{inner[:60]}{right} is no version range")
        return [("=", low)]
    found: list[tuple[str, str]] = []
    if low:
        found.append((">=" if left == "[" else ">", low))
    if high:
        found.append(("<=" if right == "]" else "<", high))
    return found or [("*", "")]
