"""Values as YAML text: what an edit puts into a file, in the file's own style."""

import json
import re
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml import scalars

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*", re.ASCII)
_FLOW_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*", re.ASCII)
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_HALF = re.compile("[\ud800-\udfff]")


class Style(Struct):
    """How a file is written: columns *step* by step, lists *indented* below their key or not.

    *quoted*: as JSON is, with every text and key in double quotes. *compact*: no blanks.
    """

    step: int = 2
    indented: bool = False
    quoted: bool = False
    compact: bool = False


def inline(value: Any) -> bool:
    """Return whether *value* is written on the line of its key."""
    return not isinstance(value, dict | list) or not value


def scalar(value: Any, style: Style, *, flow: bool = False) -> str:
    """Return a scalar, or an empty collection, as it is written."""
    if isinstance(value, str):
        pattern = _FLOW_PLAIN if flow else _PLAIN
        if style.quoted or not pattern.fullmatch(value) or not _text(value):
            return quoted(value)
        return value
    return json.dumps(value)


def name(key: str, style: Style) -> str:
    """Return a key as it is written."""
    if style.quoted or not _FLOW_PLAIN.fullmatch(key) or not _text(key):
        return quoted(key)
    return key


def quoted(text: str) -> str:
    """Return *text* in double quotes, as both YAML and JSON read it."""
    if _HALF.search(text):
        raise InputError("a text with half a surrogate pair can not be written")
    made = json.dumps(text, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found.group()):04x}", made)


def single(text: str) -> str:
    """Return *text* in single quotes, or in double ones where those can not hold it."""
    if "\n" in text or "\r" in text or not text.isprintable():
        return quoted(text)
    return "'" + text.replace("'", "''") + "'"


def lines(value: Any, column: int, style: Style) -> list[str]:
    """Return a collection that is not empty as lines of block style, indented by *column*."""
    blank = " " * column
    made: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            head = f"{blank}{name(key, style)}:"
            if inline(item):
                made.append(f"{head} {scalar(item, style)}")
                continue
            inner = 0 if isinstance(item, list) and not style.indented else style.step
            made += [head, *lines(item, column + inner, style)]
        return made
    for item in value:
        if inline(item):
            made.append(f"{blank}- {scalar(item, style)}")
        else:
            below = lines(item, column + 2, style)
            made += [f"{blank}- {below[0][column + 2 :]}", *below[1:]]
    return made


def bracketed(value: Any, style: Style, *, column: int | None = None, newline: str = "\n") -> str:
    """Return *value* in flow style: on one line, or from *column* on a line for each entry."""
    if inline(value):
        return scalar(value, style, flow=True)
    inner = None if column is None else column + style.step
    colon = ":" if style.compact else ": "
    if isinstance(value, dict):
        parts = [
            f"{name(k, style)}{colon}{bracketed(v, style, column=inner, newline=newline)}"
            for k, v in value.items()
        ]
        first, last = "{", "}"
    else:
        parts = [bracketed(v, style, column=inner, newline=newline) for v in value]
        first, last = "[", "]"
    if column is None or inner is None:
        return first + ("," if style.compact else ", ").join(parts) + last
    begin = newline + " " * inner
    return first + begin + f",{begin}".join(parts) + newline + " " * column + last


def _text(value: str) -> bool:
    """Return whether *value* written plainly is the same text to every reader of YAML."""
    return isinstance(scalars.kubernetes(value), str) and isinstance(scalars.core(value), str)
