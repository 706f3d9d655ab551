"""JSON with the place of every key down to a chosen depth: values by msgspec, lines by one scan.

Of a key that occurs twice in an object the last one counts, as in every common JSON reader,
and its line is the one that is told.
"""

import re
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_DEPTH = 200
MAX_VALUES = 1_000_000
"""The most values of a document: each may take 200 bytes of memory."""
_BOM = b"\xef\xbb\xbf"
_BYTE = lazy(r"\(byte (\d+)\)")
_TOKEN = lazy(rb'"((?:[^"\\]++|\\.)*+)"[ \t\r\n]*+(:?)|([{}\[\]])|[-0-9tfn][^\s,\]}]*+', re.DOTALL)
# An object or array with at most two more levels inside, passed over in one step.
_PLAIN = rb'"(?:[^"\\]++|\\.)*+"|[^"{}\[\]]++'
_FLAT = rb"[{\[](?:%s)*+[}\]]" % _PLAIN
_LEVEL = rb"[{\[](?:%s|%s)*+[}\]]" % (_PLAIN, _FLAT)
_SHALLOW = lazy(rb"[{\[](?:%s|%s)*+[}\]]" % (_PLAIN, _LEVEL), re.DOTALL)
# Up to the next bracket or comma outside of strings; it matches wherever it is tried.
_VALUE = lazy(rb'(?:"(?:[^"\\]++|\\.?)*+"?|[^"\[{,]++)*+(?:[\[{,]|\Z)', re.DOTALL)
_COMMENT = lazy(
    rb'("(?:[^"\\]++|\\.)*+"?)|//[^\n]*+|/\*.*?(?:\*/|\Z)|,(?=(?:\s|//[^\n]*+)*+[\]}])', re.DOTALL
)

_Children = dict[str | int, tuple[int, int, Any]]


class Document:
    """A JSON document: its *value*, and where the keys of its upper levels stand."""

    __slots__ = ("_children", "value")

    def __init__(self, value: Any, children: _Children) -> None:
        self.value = value
        self._children = children

    def at(self, *path: str | int) -> tuple[int, int]:
        """Return line and column (1-based) of a key or array element.

        Where *path* is deeper than was indexed, or is not there, its nearest ancestor's.
        """
        place = (1, 1)
        children: _Children | None = self._children
        for step in path:
            entry = children.get(step) if children else None
            if entry is None:
                break
            place = entry[0], entry[1]
            children = entry[2]
        return place

    def line(self, *path: str | int) -> int:
        """Return the line alone."""
        return self.at(*path)[0]


def parse(data: bytes, *, depth: int, comments: bool = False) -> Document:
    """Return the document in *data*, its keys' places known *depth* levels down.

    With *comments*, ``//``, ``/* */`` and commas before a closing bracket are passed over.
    InputError with the line where it is no JSON; CeilingError where it is nested too deep.
    """
    if data.startswith(_BOM):
        data = data[3:]
    if comments:
        data = _COMMENT.sub(_blank, data)
    crowded(data)
    try:
        value = msgspec.json.decode(data)
    except RecursionError:
        raise CeilingError(f"JSON nested deeper than {MAX_DEPTH}") from None
    except msgspec.MsgspecError as error:
        raise _refusal(data, str(error)) from error
    except UnicodeDecodeError as error:
        raise InputError("JSON that is not UTF-8", advice="Save the file as UTF-8.") from error
    return Document(value, _index(data, depth))


def crowded(data: bytes) -> None:
    """Raise CeilingError for JSON of more than MAX_VALUES values, before any is built."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") <= MAX_VALUES:
        return
    for count, _ in enumerate(_VALUE.finditer(data)):  # without the commas inside strings
        if count > MAX_VALUES:
            raise CeilingError(f"JSON of more than {MAX_VALUES:,} values")


def table(value: Any) -> dict[str, Any]:
    """Return *value* when it is an object, else an empty one: for optional parts of a file."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return *value* when it is a string, else ""."""
    return value if isinstance(value, str) else ""


def strings(value: Any) -> dict[str, str]:
    """Return the entries of an object whose values are strings."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(item, str)}


def _blank(match: re.Match[bytes]) -> bytes:
    """Keep strings; put blanks for what goes, so that places stay."""
    if match.group(1):
        return match.group(1)
    return bytes(10 if byte == 10 else 32 for byte in match.group())  # noqa: PLR2004 a line feed


def _refusal(data: bytes, message: str) -> InputError:
    found = _BYTE.search(message)
    line = data.count(b"\n", 0, int(found.group(1))) + 1 if found else 0
    what = message.partition(" (byte")[0]
    return InputError(f"no valid JSON: {what}", line=line, advice="Mend or regenerate the file.")


def _index(data: bytes, limit: int) -> _Children:
    """Walk the tokens of valid JSON once; keys deeper than *limit* are only passed over."""
    root: _Children = {}
    here: _Children | None = root  # of the open object or array; None: too deep to be told
    below: _Children | None = root  # of the value that comes next
    element = -1  # how many elements the open array has had; -1 in an object
    stack: list[tuple[_Children | None, int]] = []
    line, mark, feed = 1, 0, -1
    search, shallow = _TOKEN.search, _SHALLOW.match
    at = 0
    while (match := search(data, at)) is not None:
        at = match.end()
        bracket = match.group(3)
        if bracket == b"}" or bracket == b"]":  # noqa: PLR1714 faster than a set here
            here, element = stack.pop()
            continue
        if here is not None and stack and (element >= 0 or match.group(2)):
            start = match.start()
            fresh = data.count(b"\n", mark, start)
            if fresh:
                line, feed = line + fresh, data.rfind(b"\n", mark, start)
            mark = start
            below = {} if len(stack) < limit else None
            if element >= 0:
                here[element] = (line, start - feed, below)
                element += 1
            else:
                here[_key(match.group(1))] = (line, start - feed, below)
        if bracket is not None:
            if below is None or here is None:
                whole = shallow(data, match.start())
                if whole is not None:
                    at = whole.end()
                    continue
            stack.append((here, element))
            if len(stack) > MAX_DEPTH:
                raise CeilingError(f"JSON nested deeper than {MAX_DEPTH}", line=line)
            if here is not None:
                here = below
            element = 0 if bracket == b"[" else -1
    return root


def _key(raw: bytes) -> str:
    if b"\\" in raw:
        return str(msgspec.json.decode(b'"' + raw + b'"'))
    return raw.decode()
