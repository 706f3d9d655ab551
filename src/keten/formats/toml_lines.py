"""TOML 1.0 with the line of every key and array element, and ceilings.

``tomllib`` tells no lines and takes seconds for a large lockfile. Here a table is a dict that
knows where it and its keys stand, an array a list that knows where its elements stand; dates
and times stay text, and an integer of more than 4,300 digits is text as well.
"""

import re
from typing import Any, Never

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_DEPTH = 100
MAX_DIGITS = 4300

_PAIR = lazy(
    r'([A-Za-z0-9_-]+) = (?:"([^"\\\x00-\x1f\x7f]*+)"|([0-9]{1,15}(?![0-9._eE:xob-]))) *\n'
)
# What tools write most: an inline table of plain pairs, an array of plain strings, a line each.
_PAIRS = lazy(
    r'\{ ?((?:[A-Za-z0-9_-]++ = (?:"[^"\\\x00-\x1f\x7f]*+"|(?:0|[1-9][0-9]{0,14})(?=[ ,}]))'
    r"(?:, |(?= ?\})))++) ?\}"
)
_ONE_PAIR = lazy(r'([A-Za-z0-9_-]++) = (?:"([^"]*+)"|([0-9]++))')
_STRINGS = lazy(r'\[\n((?:[ \t]*+"[^"\\\x00-\x1f\x7f]*+",\n)++)\]')
_ONE_STRING = lazy(r'"([^"]*+)"')
_SPACE = lazy(r"(?:[ \t\n]++|#[^\x00-\x08\x0b-\x1f\x7f\n]*+)*+")
_BLANK = lazy(r"[ \t]*+")
_TAIL = lazy(r"[ \t]*+(?:#[^\x00-\x08\x0b-\x1f\x7f\n]*+)?(?:\n|\Z)")
_BARE = lazy(r"[A-Za-z0-9_-]++")
_BASIC = lazy(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|\\.)*+)"')
_LITERAL = lazy(r"'([^'\x00-\x08\x0a-\x1f\x7f]*+)'")
_BASIC_LONG = lazy(r'"""\n?((?:[^"\\]++|\\.|"{1,2}+(?!"))*+"{0,2})"""', re.DOTALL)
_LITERAL_LONG = lazy(r"'''\n?((?:[^']++|'{1,2}+(?!'))*+'{0,2})'''", re.DOTALL)
_SCALAR = lazy(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9:.+Zz-]*+|[^\s,\]}#=\[{\"']++")
_ESCAPE = lazy(r'\\(?:([btnfr"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([ \t]*\n[ \t\n]*)|)')
_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_INTEGER = lazy(
    r"[+-]?(?:0|[1-9](?:_?[0-9])*+)|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*+|0o[0-7](?:_?[0-7])*+|0b[01](?:_?[01])*+"
)
_FLOAT = lazy(
    r"[+-]?(?:inf|nan|(?:0|[1-9](?:_?[0-9])*+)(?:\.[0-9](?:_?[0-9])*+)?"
    r"(?:[eE][+-]?[0-9](?:_?[0-9])*+)?)"
)
_TIME = lazy(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
    r"|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
)
_CONTROL = lazy(r"[\x00-\x08\x0b-\x1f\x7f]")


class Table(dict[str, Any]):
    """A table: *line* where it begins, ``lines`` where each of its keys stands."""

    __slots__ = ("closed", "line", "lines", "made")

    def __init__(self, line: int, *, made: str = "") -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.made = made  # "header", "dotted", "inline" or "" for the parent of a header
        self.closed = made == "inline"

    def at(self, key: str) -> int:
        """Return the line of a key; the table's own where it has no such key."""
        return self.lines.get(key, self.line)

    def table(self, key: str) -> "Table":
        """Return the table under *key*, or an empty one that stands where it would."""
        found = self.get(key)
        return found if isinstance(found, Table) else Table(self.at(key))

    def tables(self, key: str) -> "list[Table]":
        """Return the tables of an array under *key*; what is no table is left out."""
        found = self.get(key)
        return (
            [item for item in found if isinstance(item, Table)] if isinstance(found, list) else []
        )

    def text(self, key: str) -> str:
        """Return the string under *key*, or ""."""
        found = self.get(key)
        return found if isinstance(found, str) else ""


class Array(list[Any]):
    """An array; ``lines`` holds the line of each element."""

    __slots__ = ("lines", "of_tables")

    def __init__(self, *, of_tables: bool = False) -> None:
        super().__init__()
        self.lines: list[int] = []
        self.of_tables = of_tables


def texts(value: Any) -> list[tuple[str, int]]:
    """Return the strings of an array, each with its line."""
    if not isinstance(value, Array):
        return []
    pairs = zip(value, value.lines, strict=True)
    return [(item, line) for item, line in pairs if isinstance(item, str)]


def parse(data: bytes) -> Table:
    """Return the root table; InputError with its line where *data* is no TOML."""
    try:
        text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("TOML that is not UTF-8", line=line) from error
    return _Parser(text.replace("\r\n", "\n")).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self._line = 1
        self._mark = 0

    def line(self) -> int:
        """Return the line of the position, counted on from where it was last asked."""
        self._line += self.text.count("\n", self._mark, self.pos)
        self._mark = self.pos
        return self._line

    def fail(self, what: str) -> Never:
        raise InputError(
            f"no valid TOML: {what}", line=self.line(), advice="Mend or regenerate the file."
        )

    def document(self) -> Table:
        root = table = Table(1, made="header")
        text, size = self.text, len(self.text)
        pair, space = _PAIR.match, _SPACE.match
        while True:
            found = pair(text, self.pos)
            if found is not None:
                key, value, number = found.groups()
                if key in table:
                    self.fail(f"key {key!r} a second time")
                table.lines[key] = self.line()
                if number is not None and len(number) > 1 and number[0] == "0":
                    self.fail(f"{number!r} is no value")
                table[key] = value if number is None else int(number)
                self.pos = found.end()
                continue
            found = space(text, self.pos)
            assert found is not None
            self.pos = found.end()
            if self.pos >= size:
                return root
            if text[self.pos] == "[":
                table = self.header(root)
            else:
                self.pair(table)
            tail = _TAIL.match(text, self.pos)
            if tail is None:
                self.fail("more on the line than belongs there")
            self.pos = tail.end()

    def header(self, root: Table) -> Table:
        line = self.line()
        double = self.text.startswith("[[", self.pos)
        self.pos += 2 if double else 1
        path = self.key()
        if not self.text.startswith("]]" if double else "]", self.pos):
            self.fail("a table header does not end")
        self.pos += 2 if double else 1
        parent = root
        for step in path[:-1]:
            parent = self.descend(parent, step, line, made="")
        last = path[-1]
        parent.lines.setdefault(last, line)
        found = parent.get(last)
        if double:
            if found is None:
                found = parent[last] = Array(of_tables=True)
            if not isinstance(found, Array) or not found.of_tables:
                self.fail(f"{last!r} is no array of tables")
            found.append(Table(line, made="header"))
            found.lines.append(line)
            return found[-1]  # type: ignore[no-any-return]
        if found is None:
            found = parent[last] = Table(line)
        if not isinstance(found, Table) or found.made:
            self.fail(f"table {last!r} a second time")
        found.made, found.line = "header", line
        return found

    def descend(self, table: Table, step: str, line: int, *, made: str) -> Table:
        found = table.get(step)
        if found is None:
            found = table[step] = Table(line, made=made)
            table.lines[step] = line
        elif made and isinstance(found, Table) and found.made != made:
            self.fail(f"key {step!r} extends a table that stands elsewhere")
        elif not made and isinstance(found, Array) and found.of_tables:
            found = found[-1]
        if not isinstance(found, Table) or found.closed:
            self.fail(f"key {step!r} is no table that can be extended")
        return found

    def pair(self, table: Table, depth: int = 0) -> None:
        line = self.line()
        path = self.key()
        if not self.text.startswith("=", self.pos):
            self.fail("a key without =")
        self.pos += 1
        self.blank()
        for step in path[:-1]:
            table = self.descend(table, step, line, made="dotted")
        if path[-1] in table:
            self.fail(f"key {path[-1]!r} a second time")
        table.lines[path[-1]] = line
        table[path[-1]] = self.value(depth)

    def key(self) -> list[str]:
        path: list[str] = []
        while True:
            self.blank()
            found = _BARE.match(self.text, self.pos)
            if found is not None:
                path.append(found.group())
                self.pos = found.end()
            elif self.text.startswith('"', self.pos):
                path.append(self.string(_BASIC, escapes=True))
            elif self.text.startswith("'", self.pos):
                path.append(self.string(_LITERAL, escapes=False))
            else:
                self.fail("a key is missing")
            if len(path) > MAX_DEPTH:
                raise CeilingError(f"TOML nested deeper than {MAX_DEPTH}", line=self.line())
            self.blank()
            if not self.text.startswith(".", self.pos):
                return path
            self.pos += 1

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.pos)
        assert found is not None
        self.pos = found.end()

    def space(self) -> None:
        found = _SPACE.match(self.text, self.pos)
        assert found is not None
        self.pos = found.end()

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise CeilingError(f"TOML nested deeper than {MAX_DEPTH}", line=self.line())
        match self.text[self.pos : self.pos + 1]:
            case '"':
                long = self.text.startswith('"""', self.pos)
                return self.string(_BASIC_LONG if long else _BASIC, escapes=True)
            case "'":
                long = self.text.startswith("'''", self.pos)
                return self.string(_LITERAL_LONG if long else _LITERAL, escapes=False)
            case "[":
                return self.array(depth)
            case "{":
                return self.inline(depth)
            case _:
                return self.scalar()

    def string(self, pattern: re.Pattern[str], *, escapes: bool) -> str:
        found = pattern.match(self.text, self.pos)
        if found is None:
            self.fail("a string does not end")
        value = found.group(1)
        if pattern in (_BASIC_LONG, _LITERAL_LONG) and _CONTROL.search(value):
            self.fail("a control character in a string")
        if escapes and "\\" in value:
            value = _ESCAPE.sub(self.unescape, value)
        self.pos = found.end()
        return value

    def unescape(self, found: re.Match[str]) -> str:
        if found.group(1):
            return _SIMPLE[found.group(1)]
        if found.group(4):
            return ""
        digits = found.group(2) or found.group(3)
        if not digits:
            self.fail("an escape that TOML does not have")
        number = int(digits, 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:  # noqa: PLR2004 no Unicode scalar
            self.fail("an escape that is no character")
        return chr(number)

    def array(self, depth: int) -> Array:
        array = Array()
        found = _STRINGS.match(self.text, self.pos)
        if found is not None:
            array += _ONE_STRING.findall(found.group(1))
            first = self.line() + 1
            array.lines = list(range(first, first + len(array)))
            self.pos = found.end()
            return array
        self.pos += 1
        while True:
            self.space()
            if self.text.startswith("]", self.pos):
                self.pos += 1
                return array
            array.lines.append(self.line())
            array.append(self.value(depth + 1))
            self.space()
            if self.text.startswith(",", self.pos):
                self.pos += 1
            elif not self.text.startswith("]", self.pos):
                self.fail("an array does not end")

    def inline(self, depth: int) -> Table:
        table = Table(self.line(), made="inline")
        found = _PAIRS.match(self.text, self.pos)
        if found is not None:
            pairs = _ONE_PAIR.findall(found.group(1))
            table.update({key: int(number) if number else value for key, value, number in pairs})
            if len(table) < len(pairs):
                self.fail("a key a second time")
            table.lines = dict.fromkeys(table, table.line)
            self.pos = found.end()
            return table
        self.pos += 1
        self.blank()
        if self.text.startswith("}", self.pos):
            self.pos += 1
            return table
        table.closed = False
        while True:
            self.pair(table, depth + 1)
            self.blank()
            if self.text.startswith("}", self.pos):
                self.pos += 1
                break
            if not self.text.startswith(",", self.pos):
                self.fail("an inline table does not end")
            self.pos += 1
            self.blank()
        _close(table)
        return table

    def scalar(self) -> Any:
        found = _SCALAR.match(self.text, self.pos)
        if found is None:
            self.fail("a value is missing")
        word = found.group()
        self.pos = found.end()
        if word in ("true", "false"):
            return word == "true"
        if _INTEGER.fullmatch(word):
            return int(word, 0) if len(word) <= MAX_DIGITS else word
        if _FLOAT.fullmatch(word):
            return float(word.replace("_", ""))
        if not _TIME.fullmatch(word):
            self.fail(f"{word[:40]!r} is no value")
        return word


def _close(table: Table) -> None:
    """Nothing may be added to an inline table, nor to what its dotted keys made."""
    waiting = [table]
    while waiting:
        one = waiting.pop()
        one.closed = True
        waiting += [item for item in one.values() if isinstance(item, Table) and not item.closed]
