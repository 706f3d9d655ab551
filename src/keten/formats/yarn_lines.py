"""yarn.lock: the notation of Yarn 1, and the YAML subset that Yarn 2 and later write.

Both are keys indented by two blanks; Yarn 1 puts a blank between key and value, the later
ones a colon. Read line by line, with no recursion.
"""

from typing import Any

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_DEPTH = 20
_WORD = lazy(r'"((?:[^"\\]++|\\.)*+)"|([^\s",:](?:[^\s",]*[^\s",:])?)(?=[\s,:]|$)')
_BLANKS = lazy(r" *")
_ESCAPE = lazy(r"\\(.)")


class Block(dict[str, "Block | str"]):
    """A mapping and the *lines* of its keys; *line* is its own."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def text(self, key: str) -> str:
        """Return the text under *key*, or ""."""
        found = self.get(key)
        return found if isinstance(found, str) else ""

    def block(self, key: str) -> "Block":
        """Return the block under *key*, or an empty one."""
        found = self.get(key)
        return found if isinstance(found, Block) else Block(self.line)


def parse(text: str) -> tuple[Block, list[tuple[str, int]]]:
    """Return the file and the faults in it, each with its line; InputError where nothing fits.

    The keys of the top level are the patterns of one entry, as they stand before the colon.
    """
    root = Block(1)
    faults: list[tuple[str, int]] = []
    stack: list[tuple[int, Any]] = [(-1, root)]
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r ")
        start = len(line) - len(line.lstrip(" "))
        if start == len(line) or line[start] == "#":
            continue
        while stack[-1][0] >= start:
            stack.pop()
        holder = stack[-1][1]
        if holder is None:
            continue  # below a line that could not be read
        key, value, opens = _line(line[start:], top=start == 0)
        if not key or (opens and value) or key in holder:
            what = "a key a second time" if key in holder else "neither a key nor a value"
            faults.append((f"{what}: {line.strip()[:60]!r}", number))
            stack.append((start, None))
            continue
        holder.lines[key] = number
        if opens:
            if len(stack) > MAX_DEPTH:
                raise CeilingError(f"yarn.lock nested deeper than {MAX_DEPTH}", line=number)
            block = holder[key] = Block(number)
            stack.append((start, block))
        else:
            holder[key] = value
    if faults and not root:
        raise InputError(f"no yarn.lock: {faults[0][0]}", line=faults[0][1])
    return root, faults


def patterns(key: str) -> list[str]:
    """Return the patterns of an entry's key: ``a@^1, a@^2``, quoted together or one by one."""
    return [part.strip().strip('"') for part in key.split(",") if part.strip()]


def split(pattern: str) -> tuple[str, str]:
    """Split ``@scope/name@range``."""
    name, _, wanted = pattern[1:].partition("@")
    return pattern[:1] + name, wanted


def _line(text: str, *, top: bool) -> tuple[str, str, bool]:
    """Return key, value and whether a block follows."""
    if top and text.endswith(":"):
        return _unquote(text[:-1]), "", True
    found = _WORD.match(text)
    if found is None:
        return "", "", False
    key = _ESCAPE.sub(r"\1", found.group(1)) if found.group(1) is not None else found.group(2)
    rest = text[found.end() :]
    colon = rest.startswith(":")
    value = rest.removeprefix(":").strip()
    if colon and not value:
        return key, "", True
    return (key, _unquote(value), False) if value else ("", "", False)


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1].replace('\\"', ""):
        return _ESCAPE.sub(r"\1", text[1:-1])
    return text
