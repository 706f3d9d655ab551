"""Text for a terminal, of which much was written by whoever made the target."""

import sys
from collections.abc import Iterable
from typing import Any, TextIO

WIDTH = 80
"""Columns of a page."""


def plain(text: str) -> str:
    """Return *text* with a space for each control character: no name may steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def write(lines: Iterable[str], stream: TextIO | None = None) -> None:
    """Write each line, plain and without blanks behind it, to standard output or *stream*."""
    (stream or sys.stdout).writelines(f"{plain(line).rstrip()}\n" for line in lines)


def folded(text: str, first: str = "", further: str = "") -> list[str]:
    """Return *text* in lines of WIDTH behind *first* and *further*; no name is broken up."""
    from textwrap import wrap

    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def document(value: Any, *, indent: int = 2, sort: bool = False) -> None:
    """Write *value* to standard output as JSON; *sort*: keys, and what JSON lacks as its text."""
    import msgspec

    if sort:
        data = msgspec.json.encode(value, order="deterministic", enc_hook=str)
    else:
        data = msgspec.json.encode(value)
    sys.stdout.write(msgspec.json.format(data, indent=indent).decode() + "\n")


def problem(what: str, advice: str = "") -> None:
    """Write to standard error what went wrong and, where it is known, what to do about it."""
    lines = [f"keten: {what}", *([f"  {advice}"] if advice else ())]
    write("\n".join(lines).split("\n"), sys.stderr)


def count(number: int, noun: str) -> str:
    """Return ``1 package`` or ``2 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
