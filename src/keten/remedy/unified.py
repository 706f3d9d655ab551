"""Two versions of a file as a unified diff, which patch and git apply take."""

from collections.abc import Iterator
from difflib import unified_diff

CONTEXT = 3
CROWD = 4_000
"""Lines that differ somewhere in between, beyond which they are told as one block."""

_NONE = "\\ No newline at end of file\n"


def unified(path: str, old: bytes, new: bytes) -> Iterator[str]:
    """Yield the lines of a diff, each with its end."""
    before, after = _lines(old), _lines(new)
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    start = max(0, head - CONTEXT)
    stop = max(0, tail - CONTEXT)
    mine, theirs = before[start : len(before) - stop], after[start : len(after) - stop]
    yield f"--- {_name(f'a/{path}')}\n"
    yield f"+++ {_name(f'b/{path}')}\n"
    if len(mine) + len(theirs) > CROWD:
        yield from _block(mine, theirs, start)
        return
    for line in list(unified_diff(mine, theirs, n=CONTEXT))[2:]:
        yield from _ended(_moved(line, start) if line.startswith("@@ ") else line)


def _name(path: str) -> str:
    """Return a name as git writes it: quoted where it must be, a tab behind one with a blank."""
    if any(one < " " or one in '"\\\x7f' for one in path):
        made = (_QUOTED.get(one) or (one if one >= " " else f"\\{ord(one):03o}") for one in path)
        return '"' + "".join(made) + '"'
    return f"{path}\t" if " " in path else path


_QUOTED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x7f": "\\177"}


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    parts = text.split("\n")
    last = parts.pop()
    return [f"{part}\n" for part in parts] + ([last] if last else [])


def _alike(one: list[str], other: list[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _block(mine: list[str], theirs: list[str], start: int) -> Iterator[str]:
    yield f"@@ -{start + 1},{len(mine)} +{start + 1},{len(theirs)} @@\n"
    for sign, lines in (("-", mine), ("+", theirs)):
        for line in lines:
            yield from _ended(sign + line)


def _ended(line: str) -> Iterator[str]:
    yield line if line.endswith("\n") else f"{line}\n"
    if not line.endswith("\n"):
        yield _NONE


def _moved(line: str, start: int) -> str:
    """Return the head of a hunk with both line numbers moved by *start*."""
    _, old, new, _ = line.split(" ")
    return f"@@ {_at(old, start)} {_at(new, start)} @@\n"


def _at(span: str, start: int) -> str:
    first, comma, count = span[1:].partition(",")
    return f"{span[0]}{int(first) + start}{comma}{count}"
