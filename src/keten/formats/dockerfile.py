"""Dockerfiles as BuildKit's parser reads them.

Reference: https://docs.docker.com/reference/dockerfile/ (parser directives, escapes, continuations,
here-documents, scope of ARG). Text in, records out; nothing is looked up.
"""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.model.delivery import Instruction, Stage

MAX_INSTRUCTIONS = 10_000
MAX_FLAGS = 100
"""Of one instruction; what follows them is taken for its argument."""
MAX_ARGUMENT = 4096
"""Characters of a build argument's value after substitution: ``ARG b=$a$a`` doubles."""
MAX_NESTING = 8
"""Depth of ``${a:-${b:-...}}``."""

WORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_FLAGGED = frozenset(["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"])
_EXEC = frozenset(["ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"])
_HEREDOC = re.compile(r"(\d*)<<(-?)([^<]+)\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Fault(Struct, frozen=True):
    """A line that BuildKit would refuse: *what* is wrong with it."""

    what: str
    line: int


class Recipe(Struct, frozen=True):
    """A parsed Dockerfile. *arguments* are the ARGs before the first FROM that have a default.

    *faults* not empty: it would not build, and what is said of it is not the whole.
    """

    stages: tuple[Stage, ...]
    syntax: str
    arguments: dict[str, str]
    lines: dict[str, int]
    faults: tuple[Fault, ...]


def parse(text: str) -> Recipe:
    """Return the recipe; InputError where there is no FROM, CeilingError for too many lines."""
    lines = text.removeprefix("\ufeff").split("\n")
    directives, start = _directives(lines)
    escape = directives.get("escape", "\\")
    escape = escape if escape in ("\\", "`") else "\\"
    faults: list[Fault] = []
    found = _instructions(lines, start, escape, faults)
    builder = _Builder(escape, faults)
    for instruction in found:
        builder.add(instruction)
    stages = builder.finish()
    if not stages:
        raise InputError(
            "no FROM instruction", advice="Name it otherwise if it is not a Dockerfile."
        )
    return Recipe(
        stages, directives.get("syntax", ""), builder.arguments, builder.lines, tuple(faults)
    )


def expand(text: str, values: Mapping[str, str], *, escape: str = "\\") -> tuple[str, bool]:
    """Put *values* in for ``$x``, ``${x}``, ``${x:-d}``, ``${x-d}``, ``${x:+a}``, ``${x+a}``.

    Returns the text and whether all was known; what is not known is left as written.
    """
    return _expand(text, values, escape, 0)


def _expand(text: str, values: Mapping[str, str], escape: str, depth: int) -> tuple[str, bool]:
    if "$" not in text:
        return text.replace(escape, "") if escape in text else text, True
    if depth > MAX_NESTING or len(text) > MAX_ARGUMENT:
        return text, False
    parts: list[str] = []
    known = True
    at = 0
    while at < len(text):
        char = text[at]
        if char == escape and at + 1 < len(text):
            parts.append(text[at + 1])
            at += 2
        elif char == "$" and text.startswith("${", at):
            end = _closing(text, at + 2)
            if end < 0:
                return text, False
            value, sure = _braced(text[at + 2 : end], values, escape, depth)
            parts.append(value if sure else text[at : end + 1])
            known, at = known and sure, end + 1
        elif char == "$" and (name := _NAME.match(text, at + 1)):
            value = values.get(name[0], "")
            sure = name[0] in values
            parts.append(value if sure else text[at : name.end()])
            known, at = known and sure, name.end()
        else:
            parts.append(char)
            at += 1
    out = "".join(parts)
    return (out, known) if len(out) <= MAX_ARGUMENT else (out[:MAX_ARGUMENT], False)


def _closing(text: str, at: int) -> int:
    depth = 1
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1


def _braced(inner: str, values: Mapping[str, str], escape: str, depth: int) -> tuple[str, bool]:
    name = _NAME.match(inner)
    if not name:
        return inner, False
    rest = inner[name.end() :]
    value = values.get(name[0])
    if not rest:
        return value or "", value is not None
    colon = rest.startswith(":")
    operator, word = rest[colon : colon + 1], rest[colon + 1 :]
    there = bool(value) if colon else value is not None
    match operator:
        case "-":
            return (value or "", True) if there else _expand(word, values, escape, depth + 1)
        case "+":
            return _expand(word, values, escape, depth + 1) if there else ("", True)
        case "?":
            return value or "", there
        case _:  # ${x#pattern}, ${x/a/b}: not guessed at
            return inner, False


def _directives(lines: list[str]) -> tuple[dict[str, str], int]:
    """Return the parser directives and the index of the first line that is none."""
    found: dict[str, str] = {}
    for index, line in enumerate(lines):
        text = line.strip()
        key, equals, value = text[1:].partition("=")
        name = key.strip().lower()
        if not text.startswith("#") or not equals or name not in ("syntax", "escape", "check"):
            return found, index
        if name in found:
            return found, index
        found[name] = value.strip()
    return found, len(lines)


def _instructions(lines: list[str], at: int, escape: str, faults: list[Fault]) -> list[Instruction]:
    found: list[Instruction] = []
    total = len(lines)
    while at < total:
        text = lines[at].strip()
        if not text or text[0] == "#":
            at += 1
            continue
        first = at + 1
        text, at = _joined(lines, at, escape)
        if len(found) >= MAX_INSTRUCTIONS:
            raise CeilingError(f"more than {MAX_INSTRUCTIONS} instructions", line=first)
        word, rest = _split(text)
        if word not in WORDS:
            faults.append(Fault(f"unknown instruction {word[:40]!r}", first))
            continue
        bodies: list[str] = []
        inner = _split(rest)[0] if word == "ONBUILD" else word
        if inner in ("RUN", "COPY", "ADD") and "<<" in rest:
            bodies, at = _heredocs(lines, at, rest, faults)
        found.append(_instruction(word, rest, first, tuple(bodies)))
    return found


def _joined(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """Join the continuation lines from *at*; return the text and the line after it."""
    parts: list[str] = []
    text = lines[at].lstrip()
    while True:
        text = text.removesuffix("\r")
        body = text.rstrip(" \t")
        at += 1
        if not body.endswith(escape) or body[-2:-1] == escape:
            parts.append(text)
            break
        parts.append(body[:-1])
        while at < len(lines) and (not (bare := lines[at].strip()) or bare[0] == "#"):
            at += 1
        if at >= len(lines):
            break
        text = lines[at]
    return "".join(parts).strip(), at


def _split(text: str) -> tuple[str, str]:
    parts = text.split(None, 1)
    return (parts[0].upper(), parts[1] if len(parts) > 1 else "") if parts else ("", "")


def _heredocs(lines: list[str], at: int, text: str, faults: list[Fault]) -> tuple[list[str], int]:
    bodies: list[str] = []
    for word in words(text):
        match = _HEREDOC.match(word)
        if not match:
            continue
        name = match[3].strip("'\"")
        if not name:
            continue
        body: list[str] = []
        opened = at
        while at < len(lines):
            line = lines[at].removesuffix("\r")
            line = line.lstrip("\t") if match[2] else line
            at += 1
            if line == name:
                break
            body.append(line)
        else:
            faults.append(Fault(f"here-document {name[:40]!r} is not closed", opened))
        bodies.append("\n".join(body) + "\n" if body else "")
    return bodies, at


def words(text: str) -> list[str]:
    """Split at blanks outside quotes, as BuildKit splits flags and here-document words."""
    found: list[str] = []
    start, quote = -1, ""
    skip = False
    for at, char in enumerate(text):
        if skip:
            skip = False
        elif char == "\\" and quote != "'":
            skip = True
            start = at if start < 0 else start
        elif quote:
            quote = "" if char == quote else quote
        elif char in " \t\n":
            if start >= 0:
                found.append(text[start:at])
            start = -1
        else:
            quote = char if char in "'\"" else ""
            start = at if start < 0 else start
    if start >= 0:
        found.append(text[start:])
    return found


def _instruction(word: str, rest: str, line: int, bodies: tuple[str, ...]) -> Instruction:
    flags: dict[str, str] = {}
    if word in _FLAGGED:
        for _ in range(MAX_FLAGS):
            if not rest.startswith("--"):
                break
            flag = words(rest.split("\n", 1)[0][:MAX_ARGUMENT])[0]
            rest = rest[len(flag) :].lstrip()
            if flag == "--":
                break
            name, _, value = flag[2:].partition("=")
            value = value.strip("\"'")
            flags[name] = f"{flags[name]}\n{value}" if name in flags else value
    command = None
    if word in _EXEC:
        command = _json(_split(rest)[1] if word == "HEALTHCHECK" else rest)
    return Instruction(word, line, rest, flags, command, bodies)


def _json(text: str) -> tuple[str, ...] | None:
    if not text.startswith("["):
        return None
    try:
        return tuple(msgspec.json.decode(text, type=list[str]))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


class _Builder:
    """Puts instructions into stages and build arguments into FROM."""

    def __init__(self, escape: str, faults: list[Fault]) -> None:
        self.arguments: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self._escape = escape
        self._faults = faults
        self._done: list[Stage] = []
        self._names: dict[str, int] = {}
        self._open: tuple[Stage, list[Instruction]] | None = None

    def add(self, one: Instruction) -> None:
        if one.word == "FROM":
            self._close()
            self._from(one)
        elif self._open is not None:
            self._open[1].append(one)
        elif one.word == "ARG":
            for name, value in pairs(one.text):
                self.lines[name] = one.line
                if value is not None:
                    known, sure = expand(value, self.arguments, escape=self._escape)
                    if sure:
                        self.arguments[name] = known
        else:
            self._faults.append(Fault(f"{one.word} before the first FROM", one.line))

    def finish(self) -> tuple[Stage, ...]:
        self._close()
        return tuple(self._done)

    def _from(self, one: Instruction) -> None:
        said = one.text.split()
        name = ""
        if len(said) == 3 and said[1].upper() == "AS":  # noqa: PLR2004 FROM x AS y
            name = said[2].lower()
        elif len(said) != 1:
            self._faults.append(Fault("FROM takes one image, and AS and a name", one.line))
        base, sure = expand(said[0] if said else "", self.arguments, escape=self._escape)
        base = base.strip("\"'")
        platform, _ = expand(one.flags.get("platform", ""), self.arguments, escape=self._escape)
        parent = self._names.get(base.lower())
        self._open = (
            Stage(base, one.line, name, parent, platform, unresolved=not sure or not base),
            [],
        )
        if name:
            self._names[name] = len(self._done)

    def _close(self) -> None:
        if self._open is not None:
            stage, inside = self._open
            self._done.append(msgspec.structs.replace(stage, instructions=tuple(inside)))
            self._open = None


def pairs(text: str) -> list[tuple[str, str | None]]:
    """Return the names and values of ``ARG a b=c`` or ``ENV a=b c="d e"``; None: no value."""
    found: list[tuple[str, str | None]] = []
    for word in words(text):
        name, equals, value = word.partition("=")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":  # noqa: PLR2004 quotes
            value = value[1:-1]
        found.append((name, value if equals else None))
    return found
