"""Terms of Erlang and Elixir as their lockfiles write them: rebar.lock and mix.lock.

Tuples, lists, maps, binaries, strings, atoms, numbers, and Elixir's keywords (``only: :dev``).
Nothing is evaluated, and nothing recurses.
"""

import re
from typing import Any

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_DEPTH = 60
MAX_TERMS = 1_000_000

_COMMON = (
    r"""(?P<blank>\s++)|(?P<text>"(?:[^"\\]++|\\.)*+"(?::(?=\s))?)"""
    r"""|(?P<open>%?\{|\[)|(?P<close>[}\]])|(?P<comma>,)|(?P<arrow>=>)"""
    r"""|(?P<number>-?[0-9][0-9A-Za-z_.#]*+(?<!\.))"""
)
_ELIXIR = lazy(
    _COMMON
    + r"""|(?P<note>\#[^\n]*+)|(?P<atom>:(?:"(?:[^"\\]++|\\.)*+"|[A-Za-z_][\w@]*+[?!]?+))"""
    + r"""|(?P<key>[A-Za-z_][\w@]*+[?!]?+:(?=\s))|(?P<word>[A-Za-z_][\w.@]*+)""",
    re.DOTALL | re.ASCII,
)
_ERLANG = lazy(
    _COMMON.replace("%?", "")
    + r"""|(?P<note>%[^\n]*+)|(?P<atom>'(?:[^'\\]++|\\.)*+')|(?P<word>[a-z][\w@]*+)"""
    + r"""|(?P<binary><<|>>|/utf8)|(?P<end>\.)""",
    re.DOTALL | re.ASCII,
)
_ESCAPE = lazy(r"\\(.)", re.DOTALL)
_CLOSES = {"{": "}", "%{": "}", "[": "]"}


class Atom(str):
    """An atom; its text is its name."""

    __slots__ = ()


class Term:
    """A tuple (*kind* ``{``), list (``[``), map (``%{``) or pair of key and value (``:``)."""

    __slots__ = ("items", "kind", "line")

    def __init__(self, kind: str, line: int, items: list[Any] | None = None) -> None:
        self.kind = kind
        self.line = line
        self.items: list[Any] = [] if items is None else items

    def text(self, index: int) -> str:
        """Return the string or atom at *index*, "" where there is none."""
        found = self.items[index] if index < len(self.items) else ""
        return str(found) if isinstance(found, str) else ""

    def term(self, index: int) -> "Term":
        """Return the term at *index*, an empty list where there is none."""
        found = self.items[index] if index < len(self.items) else None
        return found if isinstance(found, Term) else Term("[", self.line)

    def terms(self) -> "list[Term]":
        """Return the items that are terms."""
        return [item for item in self.items if isinstance(item, Term)]

    def keywords(self) -> dict[str, Any]:
        """Return the pairs of a list or map, and 2-tuples that begin with an atom or text."""
        found: dict[str, Any] = {}
        for item in self.terms():
            if item.kind == ":" or (item.kind == "{" and len(item.items) == 2):  # noqa: PLR2004 a pair
                found.setdefault(item.text(0), item.items[1])
        return found


def parse(text: str, *, elixir: bool) -> list[Any]:
    """Return the terms of *text* in order; InputError with the line where it holds no terms."""
    pattern = _ELIXIR if elixir else _ERLANG
    root = Term("", 1)
    stack, keys = [root], [_NONE]
    line = mark = at = count = 0
    while at < len(text):
        found = pattern.match(text, at)
        line += text.count("\n", mark, at)
        mark = at
        if found is None:
            raise InputError(f"no term: {text[at : at + 30]!r}", line=line + 1)
        at = found.end()
        kind, token = found.lastgroup, found.group()
        if kind in _SKIPPED:
            continue
        count += 1
        if count > MAX_TERMS:
            raise CeilingError(f"more than {MAX_TERMS} terms", line=line + 1)
        if kind == "open":
            if len(stack) > MAX_DEPTH:
                raise CeilingError(f"terms nested deeper than {MAX_DEPTH}", line=line + 1)
            stack.append(Term(token, line + 1))
            keys.append(_NONE)
        elif kind == "close":
            closed = stack.pop()
            if _CLOSES.get(closed.kind) != token or keys.pop() is not _NONE:
                raise InputError(f"{token} closes nothing", line=line + 1)
            _put(stack[-1], keys, closed, closed.line)
        elif kind == "key" or (kind == "text" and token.endswith(":")):
            keys[-1] = (_plain(token[:-1]), line + 1)
        elif kind == "arrow":
            if not stack[-1].items:
                raise InputError("=> without a key", line=line + 1)
            keys[-1] = (stack[-1].items.pop(), line + 1)
        else:
            value = _plain(token) if kind == "text" else Atom(_plain(token.removeprefix(":")))
            _put(stack[-1], keys, value, line + 1)
    if len(stack) != 1 or keys[0] is not _NONE:
        raise InputError(f"{stack[-1].kind} is not closed", line=stack[-1].line)
    return root.items


_NONE: Any = object()
_SKIPPED = {"blank", "note", "comma", "binary", "end"}


def _put(into: Term, keys: list[Any], value: Any, line: int) -> None:
    if keys[-1] is not _NONE:
        key, line = keys[-1]
        keys[-1] = _NONE
        value = Term(":", line, [key, value])
    into.items.append(value)


def _plain(token: str) -> str:
    if token[:1] in {'"', "'"}:
        token = token[1:-1]
    return _ESCAPE.sub(r"\1", token) if "\\" in token else token
