"""GitHub's expressions: which contexts' text can come out of ``${{ ... }}``.

Reference: https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions.
What is only compared, or only decides between literals, does not come out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

MAX_DEPTH = 40
MAX_EXPRESSION = 21_000
"""Characters; GitHub's own ceiling on an expression."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<sign>==|!=|<=|>=|&&|\|\||[<>!()\[\],.*]))"
)
_SAFE_CALLS = frozenset(
    ["contains", "startswith", "endswith", "hashfiles", "success", "failure", "always", "cancelled"]
)


class Expression(Struct, frozen=True):
    """One ``${{ ... }}``: *text* within, *at* its offset, *flows* the contexts that come out.

    A context is its lower-case path: ``("github", "event", "issue", "title")``; ``*`` stands for
    an index that is not literal. *calls* are the functions, lower case; *uses* all contexts.
    *sound* is False where it could not be parsed.
    """

    text: str
    at: int
    flows: tuple[tuple[str, ...], ...] = ()
    uses: tuple[tuple[str, ...], ...] = ()
    calls: tuple[str, ...] = ()
    sound: bool = True


@lru_cache(maxsize=256)
def expressions(text: str) -> tuple[Expression, ...]:
    """Return the expressions in a value, in order."""
    return tuple(_each(text)) if "${{" in text else ()


def bare(text: str) -> Expression:
    """Parse the expression of an ``if:``, which needs no ``${{ }}``."""
    return _parse(text, 0)


def _each(text: str) -> Iterator[Expression]:
    at = text.find("${{")
    while at >= 0:
        end = _end(text, at + 3)
        if end < 0:
            return
        yield _parse(text[at + 3 : end], at)
        at = text.find("${{", end)


def _end(text: str, at: int) -> int:
    """Return where ``}}`` stands outside quotes."""
    while True:
        close, quote = text.find("}}", at), text.find("'", at)
        if close < 0 or quote < 0 or close < quote:
            return close
        at = text.find("'", quote + 1) + 1
        if not at:
            return close


def _parse(text: str, at: int) -> Expression:
    text = text.strip()
    parser = _Parser(text)
    if len(text) > MAX_EXPRESSION or not parser.tokens:
        return Expression(text[:200], at, sound=False)
    flows = parser.either(0)
    sound = parser.at == len(parser.tokens) and not parser.failed
    return Expression(
        text,
        at,
        tuple(dict.fromkeys(flows if sound else parser.uses)),
        tuple(dict.fromkeys(parser.uses)),
        tuple(dict.fromkeys(parser.calls)),
        sound,
    )


Paths = list[tuple[str, ...]]


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.failed = len(text) > MAX_EXPRESSION
        self.uses: Paths = []
        self.calls: list[str] = []
        place = 0
        while place < len(text) and not self.failed:
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                self.failed = bool(text[place:].strip())
                break
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, sign: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> Paths:
        """Read ``a || b``: both come out."""
        if depth > MAX_DEPTH:
            self.failed = True
            return []
        flows = self._both(depth)
        while self._take("||"):
            flows = flows + self._both(depth)
        return flows

    def _both(self, depth: int) -> Paths:
        """Read ``a && b``: b comes out, or an empty a."""
        flows = self._compared(depth)
        while self._take("&&"):
            flows = self._compared(depth)
        return flows

    def _compared(self, depth: int) -> Paths:
        flows = self._unary(depth)
        while self._peek() in ("==", "!=", "<", ">", "<=", ">=") and self._is_sign():
            self.at += 1
            self._unary(depth)
            flows = []
        return flows

    def _is_sign(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "sign"

    def _unary(self, depth: int) -> Paths:
        negated = False
        while self._take("!"):
            negated = True
        flows = self._primary(depth)
        return [] if negated else flows

    def _primary(self, depth: int) -> Paths:
        if self.at >= len(self.tokens):
            self.failed = True
            return []
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind in ("text", "number"):
            return []
        if kind == "name":
            return self._named(value.lower(), depth)
        if value == "(":
            flows = self.either(depth + 1)
            self.failed |= not self._take(")")
            return flows
        self.failed = True
        return []

    def _named(self, name: str, depth: int) -> Paths:
        if self._take("("):
            flows = self._arguments(depth)
            self.calls.append(name)
            rest = self._path(depth)
            if name in _SAFE_CALLS:
                return []
            if name == "fromjson" and rest:  # fromJSON(needs.a.outputs.b).c
                return flows
            return flows
        if name in ("true", "false", "null", "nan", "infinity"):
            return []
        path = (name, *self._path(depth))
        self.uses.append(path)
        return [path]

    def _arguments(self, depth: int) -> Paths:
        flows: Paths = []
        if self._take(")"):
            return flows
        while True:
            flows += self.either(depth + 1)
            if self._take(")"):
                return flows
            if not self._take(","):
                self.failed = True
                return flows

    def _path(self, depth: int) -> list[str]:
        path: list[str] = []
        while True:
            if self._take("."):
                if self._take("*"):
                    path.append("*")
                elif self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
                    path.append(self.tokens[self.at][1].lower())
                    self.at += 1
                else:
                    self.failed = True
                    return path
            elif self._take("["):
                path.append(self._index(depth))
                if not self._take("]"):
                    self.failed = True
                    return path
            else:
                return path

    def _index(self, depth: int) -> str:
        if self.at < len(self.tokens):
            kind, value = self.tokens[self.at]
            following = self.tokens[self.at + 1 : self.at + 2]
            if kind == "text" and following == [("sign", "]")]:
                self.at += 1
                return value[1:-1].replace("''", "'").lower()
        if self._take("*"):
            return "*"
        self.either(depth + 1)
        return "*"
