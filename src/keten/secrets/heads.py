# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""The fixed-width beginnings of detectors: what the one pass over the bytes looks for.

A head has one width, so where it ends says where it begins, in any engine. Where a detector
names none it is taken from its pattern: literals and classes up to the first repetition that
varies, or alternative.
"""

import re
from functools import cache
from typing import Any

from keten.model.plug import Detector

_ENOUGH = 10
_CLASSES = 4  # wide classes after the literal that make a head selective enough


@cache
def width(head: str) -> int:
    """Return how many bytes *head* matches, 0 if that varies.

    A head of varying width serves only a detector with *back*, which counts from its end.
    """
    low, high = re._parser.parse(head).getwidth()  # type: ignore[attr-defined]  # noqa: SLF001 the only parser at hand
    return int(low) if low == high else 0


def heads(detector: Detector) -> tuple[str, ...]:
    """Return the detector's heads, its own or derived."""
    return detector.heads or (derived(detector.pattern),)


@cache
def derived(pattern: str) -> str:
    """Return the fixed-width beginning of *pattern*."""
    out: list[str] = []
    _walk(re._parser.parse(pattern), out, [0])  # type: ignore[attr-defined]  # noqa: SLF001 as above
    return "".join(out)


def _walk(items: Any, out: list[str], wide: list[int]) -> bool:
    """Append what *items* begin with; return whether one may go on behind them."""
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                out.append(re.escape(chr(value)))
            case "IN":
                wide[0] += _size(value) > 8
                if wide[0] > _CLASSES:
                    return False
                out.append(_set(value))
            case "AT":
                continue
            case "SUBPATTERN":
                if value[1] or not _walk(value[3], out, wide):
                    return False
            case "MAX_REPEAT":
                low, high, inner = value
                for _ in range(min(low, _ENOUGH)):
                    if not _walk(inner, out, wide):
                        return False
                if low != high:
                    return False
            case _:
                return False
    return True


def _set(items: Any) -> str:
    parts = []
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                parts.append(re.escape(chr(value)))
            case "RANGE":
                parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
            case "NEGATE":
                parts.append("^")
            case _:
                parts.append(
                    {"CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w"}.get(str(value), r"\s")
                )
    return f"[{''.join(parts)}]"


def _size(items: Any) -> int:
    total = 0
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                total += 1
            case "RANGE":
                total += value[1] - value[0] + 1
            case _:
                total += 64
    return total


@cache
def public(pattern: str) -> int:
    """Return how many first characters of a match are the vendor's own and no secret."""
    count = 0
    for operation, value in re._parser.parse(pattern):  # type: ignore[attr-defined]  # noqa: SLF001 as above
        match str(operation):
            case "LITERAL":
                count += 1
            case "IN" if _size(value) <= 8:
                count += 1
            case _:
                break
    return count
