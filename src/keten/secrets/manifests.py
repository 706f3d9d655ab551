"""The base64 ``data`` of Kubernetes Secret manifests: what is inside counts as written there."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from keten.secrets.judges import standard
from keten.secrets.lazy import Lazy

VALUES_CEILING = 2_000
_KIND = Lazy(rb"^\s{0,8}\"?kind\"?:[ \t]{0,4}\"?Secret\"?,?[ \t]*\r?$", re.MULTILINE)
_ENTRY = Lazy(
    rb"^[ \t]{1,16}\"?([\w.\-]{1,253})\"?:[ \t]{1,4}"
    rb"[\"']?([A-Za-z0-9+/]{4,65536}={0,2})[\"']?,?[ \t]*\r?$",
    re.MULTILINE,
)
_DATA = Lazy(rb"^[ \t]{0,8}\"?data\"?:[ \t]{0,4}\{?[ \t]*\r?$", re.MULTILINE)
_OUTSIDE = Lazy(rb"^[^\s#}]", re.MULTILINE)


Span = tuple[int, int]


def secrets(
    path: str, data: bytes, judge: Callable[[bytes, bytes], list[Any]]
) -> tuple[list[Any], list[Span]]:
    """Return the hits inside the values of Secret manifests, at the values' own places.

    And the spans of all values that were decoded: as base64 they say nothing themselves.
    """
    if not path.endswith((".yaml", ".yml", ".json", ".tpl")) or not _named(data, 0, len(data)):
        return [], []
    hits: list[Any] = []
    spans: list[Span] = []
    for start, end in _documents(data):
        if not _named(data, start, end) or _KIND.search(data, start, end) is None:
            continue
        block = _DATA.search(data, start, end)
        if block is not None:
            _entries(data, block.end(), end, judge=judge, hits=hits, spans=spans)
    return hits, spans


def _named(data: bytes, start: int, end: int) -> bool:
    """Return whether a Secret can be there: searches for plain words, where regexes cost."""
    at = data.find(b"Secret", start, end)
    while at >= 0:
        if b"kind" in data[max(start, at - 16) : at]:
            return True
        at = data.find(b"Secret", at + 6, end)
    return False


def _documents(data: bytes) -> Iterator[tuple[int, int]]:
    start = 3 * data.startswith(b"---")
    while (mark := data.find(b"\n---", start)) >= 0:
        yield start, mark + 1
        start = mark + 4
    yield start, len(data)


def _entries(
    data: bytes,
    start: int,
    end: int,
    *,
    judge: Callable[[bytes, bytes], list[Any]],
    hits: list[Any],
    spans: list[Span],
) -> None:
    at = start + 1
    for count, entry in enumerate(_ENTRY.finditer(data, at, end)):
        between = data[at : entry.start()]
        if count >= VALUES_CEILING or _OUTSIDE.search(between):
            break  # the block ended
        at = entry.end()
        value = standard(entry.group(2))
        if not value or not _text(value):
            continue
        spans.append(entry.span(2))
        hits += [_placed(hit, *entry.span(2)) for hit in judge(entry.group(1), value.strip())[:1]]


def _text(value: bytes) -> bool:
    return value.isascii() and b"\0" not in value


def _placed(hit: Any, start: int, end: int) -> Any:
    rest = {name: getattr(hit, name) for name in type(hit).__struct_fields__[2:]}
    rest["match"] = type(hit.match)(hit.match.confidence, hit.match.proof or "decoded from base64")
    return type(hit)(start, end, **rest)
