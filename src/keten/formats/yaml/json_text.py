"""JSON with the line of every field: the same Document as YAML gives.

Numbers become what they are on the wire to the API server: 1000.0 is 1000.
"""

import json
import re
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.json_index import crowded
from keten.formats.yaml.documents import DEPTH, Document, step

LINED = 1 << 20  # bytes up to which every field gets its line; beyond, only the object does
_EXPONENT = 1e21

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],\n]|[^\s{}\[\],:"]++', re.DOTALL)


def load(data: bytes, before: int = 0, *, lined: bool | None = None) -> Document | None:
    """Return the one JSON value of *data*; None where it is null.

    *before* is the number of lines ahead of it. InputError for what is not JSON.
    """
    value = wire(_decode(data))
    if value is None:
        return None
    lead = len(data) - len(data.lstrip())
    line = before + data.count(b"\n", 0, lead) + 1
    wanted = len(data) <= LINED if lined is None else lined
    return Document(value, _lines(data, before + 1) if wanted else {}, line)


def _decode(data: bytes) -> Any:
    crowded(data)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # Go's decoder puts U+FFFD for what is not UTF-8 and for half a surrogate pair
        return json.loads(data.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise CeilingError(f"JSON nested more than {DEPTH} deep") from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise InputError(f"not JSON: {getattr(error, 'msg', error)}", line=line) from None


def wire(value: Any) -> Any:
    """Return *value* with whole floats as int, as Go re-encodes them; CeilingError if too deep."""
    return _wire(value, 0)


def _wire(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < _EXPONENT else value
    if kind is dict or kind is list:
        if depth > DEPTH:
            raise CeilingError(f"JSON nested more than {DEPTH} deep")
        items = value.items() if kind is dict else enumerate(value)
        for key, item in items:
            if type(item) in _DEEP:
                value[key] = _wire(item, depth + 1)
    return value


_DEEP = (dict, list, float)


def _lines(data: bytes, line: int) -> dict[str, int]:
    """Return the line of each key and item of *data*, which is valid JSON."""
    fields: dict[str, int] = {}
    stack: list[tuple[str, int]] = []  # the path of an open value and its index, -1 for objects
    key: str | None = None
    path = ""
    for found in _TOKEN.finditer(data):
        token = found.group()
        first = token[:1]
        if first == b"\n":
            line += 1
            continue
        if first in b",}]":
            if first == b",":
                key = None
                if stack[-1][1] >= 0:
                    stack[-1] = (stack[-1][0], stack[-1][1] + 1)
            else:
                stack.pop()
                key = ""
            continue
        if stack and stack[-1][1] < 0 and key is None:
            key = str(json.loads(token.decode("utf-8", "replace")))
            path = stack[-1][0] + step(key) if stack[-1][0] else step(key).removeprefix(".")
            fields[path] = line
            continue
        if stack and stack[-1][1] >= 0:
            path = f"{stack[-1][0]}[{stack[-1][1]}]"
            fields[path] = line
        if first in b"{[":
            stack.append((path if stack else "", -1 if first == b"{" else 0))
            key = None
    return fields
