"""Commands that run when somebody opens the checkout: editors, containers, agents.

VS Code tasks with ``runOn: folderOpen``; a development container's ``initializeCommand``,
which runs on the host; hooks that a coding agent runs at the start of a session.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from keten.errors import InputError
from keten.model.checkout import Autorun
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

COMMANDS = 100
"""The most commands that are kept of one file."""
SHOWN = 300
"""How many characters of a command are kept."""

_AGENTS = {".claude": "Claude Code", ".gemini": "Gemini CLI", ".codex": "Codex"}


def read(source: Source) -> Facts:
    """Return a node for each command that opening runs, or one without a command."""
    try:
        document = msgspec.json.decode(plain(source.data))
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from None
    nodes, places = [], []
    if isinstance(document, dict):
        for at, tool, when, command in _commands(source.path, document):
            node = Autorun(
                f"{source.path}#{at}", path=source.path, tool=tool, when=when,
                command=command[:SHOWN],
            )  # fmt: skip
            nodes.append(node)
            places.append(Place(node.ref, source.path, _line(source.data, when, command)))
            if len(nodes) >= COMMANDS:
                break
    if not nodes:
        nodes.append(Autorun(source.path, path=source.path))
        places.append(Place(nodes[0].ref, source.path, 1))
    return Facts(
        tuple(nodes),
        looked=tuple(Looked(node.ref, "content") for node in nodes),
        places=tuple(places),
    )


def _commands(path: str, document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    name = path.rpartition("/")[2]
    if name == "tasks.json":
        yield from _tasks(document, "")
    elif name.endswith(".code-workspace"):
        yield from _tasks(_mapping(document.get("tasks")), "tasks.")
    elif name in ("devcontainer.json", ".devcontainer.json"):
        if command := _command(document.get("initializeCommand")):
            yield "initializeCommand", "devcontainer", "initializeCommand", command
    else:
        yield from _hooks(path, document)


def _tasks(document: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for i, task in enumerate(_sequence(document.get("tasks"))):
        task = _mapping(task)  # noqa: PLW2901 of the right type from here on
        if _mapping(task.get("runOptions")).get("runOn") != "folderOpen":
            continue
        command = _command(task.get("command")) or _text(task.get("script") or task.get("type"))
        parts = (command, *(_command(a) for a in _sequence(task.get("args"))))
        words = " ".join(word for word in parts if word)
        for system in ("windows", "osx", "linux"):
            if other := _command(_mapping(task.get(system)).get("command")):
                words += f" | {system}: {other}"
        label = _text(task.get("label") or task.get("taskName")) or str(i)
        yield f"{prefix}tasks[{label[:80]}]", "VS Code", "folderOpen", words


def _hooks(path: str, document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    tool = next((v for k, v in _AGENTS.items() if k in path.split("/")), "a coding agent")
    hooks = _mapping(document.get("hooks"))
    for i, group in enumerate(_sequence(hooks.get("SessionStart"))):
        for j, hook in enumerate(_sequence(_mapping(group).get("hooks"))):
            if command := _text(_mapping(hook).get("command")):
                yield f"hooks.SessionStart[{i}].hooks[{j}]", tool, "SessionStart", command


def _command(value: Any) -> str:
    if isinstance(value, dict):
        if "value" in value:
            return _command(value["value"])
        return " ; ".join(_command(v) for v in value.values() if not isinstance(v, dict))
    if isinstance(value, list):
        return " ".join(v for v in value if isinstance(v, str))
    return _text(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(data: bytes, when: str, command: str) -> int:
    """Return the line of the command's first word, else of the event's name."""
    first = command.split(" ", 1)[0].encode()
    for mark in (b'"' + first + b'"', b'"' + first, b'"' + when.encode() + b'"'):
        if (at := data.find(mark)) >= 0 and len(mark) > 2:  # noqa: PLR2004 more than quotes
            return data.count(b"\n", 0, at) + 1
    return 1


def plain(data: bytes) -> bytes:
    """Return JSON with comments (as VS Code reads it) without its comments and last commas."""
    text = data.decode("utf-8-sig", "replace")
    out: list[str] = []
    at, size = 0, len(text)
    while at < size:
        char = text[at]
        if char == '"':
            end = _string_end(text, at)
            out.append(text[at:end])
            at = end
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = size if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            at = size if end < 0 else end + 2
        else:
            if char in "]}":
                _drop_comma(out)
            out.append(char)
            at += 1
    return "".join(out).encode()


def _string_end(text: str, at: int) -> int:
    end = at + 1
    while end < len(text):
        if text[end] == "\\":
            end += 2
        elif text[end] == '"':
            return end + 1
        else:
            end += 1
    return len(text)


def _drop_comma(out: list[str]) -> None:
    spaces = []
    while out and out[-1].isspace():
        spaces.append(out.pop())
    if out and out[-1] == ",":
        out.pop()
    out.extend(reversed(spaces))


READER = Reader(
    title="commands that run on open",
    media_type="application/json",
    names=("*.code-workspace", ".devcontainer.json"),
    paths=(
        ".vscode/tasks.json", "*/.vscode/tasks.json", ".devcontainer/*devcontainer.json",
        "*/.devcontainer/*devcontainer.json", ".claude/settings.json", "*/.claude/settings.json",
        ".claude/settings.local.json", ".gemini/settings.json", ".codex/hooks.json",
    ),
    ceiling=1 << 20,
    read=read,
    link=Link.SOURCE,
)  # fmt: skip
