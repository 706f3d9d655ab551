"""The base64 ``data`` of Kubernetes Secret manifests: what is inside counts as written there."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from keten.secrets.judges import standard

VALUES_CEILING = 2_000
_KIND = re.compile(rb"^\s{0,8}\"?kind\"?:[ \t]{0,4}\"?Secret\"?,?[ \t]*\r?$", re.MULTILINE)
_ENTRY = re.compile(
    rb"^[ \t]{1,16}\"?([\w.\-]{1,253})\"?:[ \t]{1,4}[\"']?([A-Za-z0-9+/]{4,65536}={0,2})[\"']?,?[ \t]*\r?$",
    re.MULTILINE,
)
_DATA = re.compile(rb"^[ \t]{0,8}\"?data\"?:[ \t]{0,4}\{?[ \t]*\r?$", re.MULTILINE)
_SPLIT = re.compile(rb"^---", re.MULTILINE)


def secrets(path: str, data: bytes, judge: Callable[[bytes, bytes], list[Any]]) -> list[Any]:
    """Return the hits inside the values of Secret manifests, at the values' own places."""
    if not path.endswith((".yaml", ".yml", ".json", ".tpl")) or b"Secret" not in data:
        return []
    hits: list[Any] = []
    for start, end in _documents(data):
        if _KIND.search(data, start, end) is None:
            continue
        block = _DATA.search(data, start, end)
        if block is None:
            continue
        hits += _entries(data, block.end(), end, judge)
    return hits


def _documents(data: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    for mark in _SPLIT.finditer(data):
        yield start, mark.start()
        start = mark.end()
    yield start, len(data)


def _entries(
    data: bytes, start: int, end: int, judge: Callable[[bytes, bytes], list[Any]]
) -> list[Any]:
    hits: list[Any] = []
    at = start + 1
    for count, entry in enumerate(_ENTRY.finditer(data, at, end)):
        between = data[at : entry.start()]
        if count >= VALUES_CEILING or re.search(rb"^[^\s#}]", between, re.MULTILINE):
            break  # the block ended
        at = entry.end()
        value = standard(entry.group(2))
        if not value or not _text(value):
            continue
        for hit in judge(entry.group(1), value.strip()):
            hits.append(_placed(hit, entry.start(2), entry.end(2)))
            break
    return hits


def _text(value: bytes) -> bool:
    return value.isascii() and b"\0" not in value


def _placed(hit: Any, start: int, end: int) -> Any:
    rest = {name: getattr(hit, name) for name in type(hit).__struct_fields__[2:]}
    rest["match"] = type(hit.match)(hit.match.confidence, hit.match.proof or "decoded from base64")
    return type(hit)(start, end, **rest)
