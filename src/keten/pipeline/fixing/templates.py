"""Which values a template of a chart takes, and at which fields: read by its lines, not run.

Where the keys stand follows from their indentation. ``include`` of a named template is replaced
by its lines, ``with``, ``range`` and variables tell what the dot is, and ``if`` what a line hangs
on. What is found is likely and no more: rendering tells whether it is so.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

LINES = 20_000
"""The most lines of a template, with those that it includes."""
LONG = 1_000
"""A longer line of a template tells nothing."""
DEEP = 6
"""How deep named templates include one another."""
GUARDS = 8
"""How many conditions around a line are taken for what it hangs on."""
_JOINED = 50

Keys = tuple[str, ...]
"""A path in the values or in an object; ``[]`` is an item of a list."""

_ACTION = re.compile(r"\{\{-? *(.*?) *-?\}\}")
_KEY = re.compile(r"( *)((?:- +)*)([A-Za-z_$][\w./-]*):(?: +(.*?))? *")
_ITEM = re.compile(r"( *)((?:- +)*-)(?: +(.*?))? *")
_WORD = re.compile(r"(with|if|range|define|block|end|else|template|include)\b *(.*)")
_REFERENCE = re.compile(
    r"(?:\$\w*|(?<![\w\"$).])(?:\.\w+)*)\.Values((?:\.\w+)+)"
    r"|index +(?:\$\w*)?\.Values((?: +\"[^\"]+\")+)"
    r"|(\$\w+)((?:\.\w+)*)"
    r"|(?<![\w\"$).])(\.(?:\w+(?:\.\w+)*)?)"
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_ASSIGNED = re.compile(r"(?:range +)?(?:\$\w+ *, *)?(\$\w+) *:?= *(.*)")
_INCLUDE = re.compile(r"(?:include|template) +\"([^\"]+)\" *([^|]*?) *((?:\|.*)?)")
_INDENT = re.compile(r"\| *(n?)indent +(\d{1,2})")
_KIND = re.compile(r"kind: *[\"']?(\w+)[\"']? *")
_DEFINE = re.compile(r"define +\"([^\"]+)\"")
_WHOLE = ("toYaml", "toJson", "tpl")


class Taken(Struct, frozen=True):
    """At *path* a template takes the value *values*.

    *whole*: all that stands below, too. *guard*: the value only says whether the line is there.
    """

    kind: str
    path: Keys
    values: Keys
    whole: bool = False
    guard: bool = False


class Template(Struct):
    """What was read of one template: what it *takes*, and the lines at which keys stand."""

    takes: list[Taken]
    keys: dict[tuple[str, Keys], int]

    def nearest(self, kind: str, path: Keys) -> tuple[int, Keys]:
        """Return the line of the nearest key above *path*, and that key; (0, ()) for none."""
        for length in range(len(path), 0, -1):
            line = self.keys.get((kind, path[:length])) or self.keys.get(("", path[:length]))
            if line:
                return line, path[:length]
        return 0, ()


class _Line(Struct, frozen=True):
    """A line with its *number* in the template; 0 for one of a named template."""

    text: str
    number: int
    dot: str | None = None  # at the begin of what is included: what is its dot
    end: bool = False  # behind what was included


class _Scope(Struct):
    """*dot* is a path in the values, () for what is around them all, None where not known."""

    dot: Keys | None
    guards: tuple[Keys, ...] = ()
    outer: Keys | None = ()

    def under(self, *more: Keys) -> tuple[Keys, ...]:
        """Return the guards of what stands within *more*, the nearest of them."""
        return (*self.guards, *more)[-GUARDS:]


def named(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the named templates in *texts*, by name."""
    found: dict[str, list[str]] = {}
    for path in sorted(texts):
        name, depth = "", 0
        for line in _lines(texts[path]):
            for action in _actions(line.text):
                begun = _DEFINE.match(action)
                if begun and not name:
                    name, depth = begun[1], 0
                    found[name] = []
                word = _word(action)
                depth += (word in _OPENS) - (word == "end")
                if name and word == "end" and not depth:
                    name = ""
            if name and not any(map(_DEFINE.match, _actions(line.text))):
                found[name].append(line.text)
    return found


_OPENS = frozenset({"with", "if", "range", "define", "block"})


def read(text: str, defines: Mapping[str, list[str]]) -> Template:
    """Return what *text* takes from values; *defines* are the named templates of the chart."""
    made = Template([], {})
    reader = _Reader(made)
    whole = list(_expanded(list(_lines(text)), defines, 0))[:LINES]
    for lines in _documents(whole):
        kind = next((m[1] for line in lines if (m := _KIND.fullmatch(line.text))), "")
        reader.read(kind, lines)
    return made


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines, without comments of the template; an action over several is one."""
    held = ""
    begun = 0
    for number, line in enumerate(_uncommented(text).split("\n")[:LINES], 1):
        if held:
            line = f"{held} {line.strip()}"  # noqa: PLW2901 what is open goes on
        open_ = line.rfind("{{") > line.rfind("}}")
        if open_ and number - (begun or number) < _JOINED and len(line) <= LONG:
            held, begun = line, begun or number
            continue
        if len(line) <= LONG:
            yield _Line(line.rstrip(), begun or number)
        held, begun = "", 0


def _uncommented(text: str) -> str:
    parts = []
    at = 0
    while (start := text.find("/*", at)) >= 0:
        head = text[at:start].rstrip("- ")
        if not head.endswith("{{"):
            parts.append(text[at : start + 2])
            at = start + 2
            continue
        stop = text.find("*/", start)
        close = text.find("}}", stop) if stop >= 0 else -1
        if close < 0:
            break
        parts += [head[:-2], "\n" * text.count("\n", start, close)]
        at = close + 2
    return "".join([*parts, text[at:]])


def _documents(lines: list[_Line]) -> Iterator[list[_Line]]:
    part: list[_Line] = []
    for line in lines:
        if line.text.startswith("---"):
            yield part
            part = []
        else:
            part.append(line)
    yield part


def _expanded(lines: list[_Line], defines: Mapping[str, list[str]], depth: int) -> Iterator[_Line]:
    """Yield *lines*, in place of each that includes a named template its lines."""
    count = 0
    for line in lines:
        count += 1
        if count > LINES:
            return
        include = _included(line.text) if depth < DEEP and "{{" in line.text else None
        body = defines.get(include[1]) if include else None
        if include is None or body is None:
            yield line
            continue
        head, _, dot, blank, fresh = include
        if head.strip() and fresh:
            yield _Line(head.rstrip(), line.number)
        yield _Line("", 0, dot=dot)
        first = "" if fresh else head
        for row in _expanded([_Line(text, 0) for text in body], defines, depth + 1):
            count += 1
            if count > LINES:
                return
            if row.text and len(row.text) <= LONG:
                number = line.number if first else 0
                row = _Line(first + blank + row.text, number, row.dot, row.end)  # noqa: PLW2901
                first = ""
            yield row
        yield _Line("", 0, end=True)


def _included(text: str) -> tuple[str, str, str, str, bool] | None:
    """Return (before, name, dot, indentation, on lines of its own) of a line that includes."""
    action = _ACTION.search(text)
    if action is None or text[action.end() :].strip():
        return None
    found = _INCLUDE.fullmatch(action[1])
    if found is None:
        return None
    indent = _INDENT.search(found[3])
    head = text[: action.start()]
    fresh = bool(indent and indent[1])
    blank = " " * int(indent[2]) if indent else ""
    return head, found[1], found[2], blank, fresh or not head.strip()


class _Reader:
    """Goes through the lines of a template, document by document."""

    def __init__(self, made: Template) -> None:
        self._kind = ""
        self._made = made
        self._keys: list[tuple[int, str]] = []  # the open keys with their columns
        self._scopes = [_Scope(())]
        self._variables: dict[str, Keys | None] = {"$": ()}
        self._calls: list[int] = []

    def read(self, kind: str, lines: list[_Line]) -> None:
        """Take in the next document: loops and variables may have begun in one before it."""
        self._kind = kind
        self._keys.clear()
        for line in lines:
            if line.dot is not None:
                self._calls.append(len(self._scopes))
                outer = self._scopes[-1]
                self._scopes.append(_Scope(self._reference(line.dot), outer.guards, outer.dot))
            elif line.end:
                del self._scopes[max(1, self._calls.pop() if self._calls else 1) :]
            else:
                self._line(line)

    def _line(self, line: _Line) -> None:
        text = line.text
        for found in _ACTION.finditer(text):
            if self._control(found[1]):
                text = text.replace(found[0], "", 1)
        key = _KEY.fullmatch(text) or _ITEM.fullmatch(text)
        rest = text.strip()
        if key is not None:
            named_ = key.re is _KEY
            self._open(key, name=key[3] if named_ else "")
            rest = (key[4] if named_ else key[3]) or ""
            for length in range(len(self._keys), 0, -1) if line.number else ():
                self._made.keys.setdefault((self._kind, self._path[:length]), line.number)
        elif rest.startswith("{{"):
            self._above(text)
        if not self._keys or not rest:
            return
        action = _ACTION.fullmatch(rest.strip("\"'"))
        if action:
            whole = any(word in action[1] for word in _WHOLE)
            for values in self._references(action[1]):
                self._take(values, whole=whole)
        elif key is not None and "{{" not in rest:
            for guard in self._scopes[-1].guards:
                self._take(guard, guard=True)

    @property
    def _path(self) -> Keys:
        return tuple(name for _, name in self._keys)

    def _take(self, values: Keys, *, whole: bool = False, guard: bool = False) -> None:
        if values and len(self._made.takes) < LINES:
            self._made.takes.append(Taken(self._kind, self._path, values, whole, guard))

    def _control(self, action: str) -> bool:
        """Follow *action* if it controls what is printed, and return whether it does."""
        word = _word(action)
        scopes = self._scopes
        now = scopes[-1]
        said = action.removeprefix(word).strip()
        assigned = _ASSIGNED.match(action if word in {"", "range"} else said)
        target = self._reference(assigned[2]) if assigned else None
        if word == "end":
            if len(scopes) > (self._calls[-1] + 1 if self._calls else 1):
                scopes.pop()
        elif word == "else":
            scopes[-1] = _Scope(now.outer, (), now.outer)
        elif word == "if":
            scopes.append(_Scope(now.dot, now.under(*self._references(said)), now.dot))
        elif word in {"with", "range"}:
            found = target if assigned else self._reference(said)
            if word == "range" and found is not None:
                found = (*found, "[]")
            if assigned:
                self._variables[assigned[1]] = found
            scopes.append(_Scope(found, now.under(*([found] if found else [])), now.dot))
        elif word in _OPENS:
            scopes.append(_Scope(None, (), now.dot))
        elif assigned and action.startswith("$"):
            self._variables[assigned[1]] = target
        else:
            return False
        return True

    def _reference(self, said: str) -> Keys | None:
        """Return the one value that *said* names; () for all that is around them."""
        if said.strip() in {".", "$", "$.", ""}:
            return self._scopes[-1].dot if said.strip() == "." else ()
        found = self._references(said)
        return found[0] if len(found) == 1 else None

    def _references(self, said: str) -> list[Keys]:
        """Return the values that an action names, each once."""
        made: dict[Keys, None] = {}
        for found in _REFERENCE.finditer(_unquoted(said)):
            if found[1]:
                made[tuple(found[1].split(".")[1:])] = None
            elif found[2]:
                made[tuple(_QUOTED.findall(found[2]))] = None
            else:
                name, below = (found[3], found[4]) if found[3] else (".", found[5])
                start = self._scopes[-1].dot if name == "." else self._variables.get(name)
                if start:
                    made[*start, *(one for one in below.split(".") if one)] = None
        return [one for one in made if one]

    def _above(self, text: str) -> None:
        """Close the keys that do not stand above an action on a line of its own."""
        blank = len(text) - len(text.lstrip(" "))
        indent = _INDENT.search(text)
        column = blank or (int(indent[2]) if indent else 0)
        while self._keys and column and self._keys[-1][0] >= column:
            self._keys.pop()

    def _open(self, found: re.Match[str], *, name: str) -> None:
        """Close the keys that a new one ends, and open it."""
        keys = self._keys
        column = len(found[1])
        dashes = found[2].count("-")
        while keys and (
            keys[-1][0] > column or (keys[-1][0] == column and (not dashes or keys[-1][1] == "[]"))
        ):
            keys.pop()
        for _ in range(dashes):
            keys.append((column, "[]"))
            column += 2
        if name:
            keys.append((column, name))


def _actions(text: str) -> list[str]:
    return _ACTION.findall(text) if "{{" in text else []


def _word(action: str) -> str:
    found = _WORD.match(action)
    return found[1] if found else ""


def _unquoted(said: str) -> str:
    """Return an action with its texts blank, but for the keys of ``index``."""
    return said if "index" in said else _QUOTED.sub('""', said)
