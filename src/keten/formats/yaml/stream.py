"""How kubectl splits a stream into documents (k8s.io/apimachinery/pkg/util/yaml).

A stream that begins with ``{`` is read as JSON values one after another; at the first that
is not JSON, unless two were, the rest is YAML. YAML is split at lines that begin with ``---``,
before any of it is parsed: a separator inside a literal block splits it, a directive before
one is a document of its own, and nothing but a comment may follow one.
"""

import json
from collections.abc import Iterator

import msgspec

from keten.errors import InputError
from keten.formats.yaml.documents import Part

_SEPARATOR = b"---"
_SPACE = " \t\n\v\f\r\x85\xa0"
_PEEK = 4096  # how far kubectl looks for the open brace


def split(data: bytes) -> Iterator[Part]:
    """Yield the documents of *data* in order; InputError for a separator with content."""
    before = 0
    if data[:_PEEK].lstrip(b" \t\n\v\f\r")[:1] == b"{":
        at = 0
        for end in _json_ends(data):
            yield Part(data[at:end], before, json=True)
            before += data.count(b"\n", at, end)
            at = end
        rest = data[at:].lstrip(b" \t\v\f\r")
        before += rest.startswith(b"\n")
        data = rest.removeprefix(b"\n")
        if not data.strip():
            return
    yield from _yaml(data, before)


def _yaml(data: bytes, before: int) -> Iterator[Part]:
    start = 0
    for at in _separators(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end + 1
        follows = data[at + 3 : end].strip(b" \t\v\f\r\n")
        if at > start:
            yield Part(data[start:at], before)
        before += data.count(b"\n", start, at)
        if follows and follows[:1] != b"#":
            raise InputError(
                "the document separator --- has content after it, which kubectl refuses",
                line=before + 1,
                advice="Begin the document on the next line.",
            )
        before += 1
        start = end
    if data[start:].strip():
        last = data[start:]  # kubectl ends every line
        yield Part(last if last.endswith(b"\n") else last + b"\n", before)


def _separators(data: bytes) -> Iterator[int]:
    """Yield where a line begins with ``---``."""
    if data.startswith(_SEPARATOR):
        yield 0
    at = data.find(b"\n" + _SEPARATOR)
    while at >= 0:
        yield at + 1
        at = data.find(b"\n" + _SEPARATOR, at + 1)


def _json_ends(data: bytes) -> Iterator[int]:
    """Yield the end of each JSON value; stop, or raise, where the stream is JSON no longer."""
    try:  # one value, mostly: checked without building it
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    else:
        yield len(data)
        return
    text = data.decode("utf-8", "surrogateescape")
    narrow = len(text) == len(data)
    decoder = json.JSONDecoder(parse_constant=_refuse)
    count, at, done, end = 0, 0, 0, 0  # end is in bytes what done is in characters
    while True:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at == len(text):
            return
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if count > 1:
                line = text.count("\n", 0, at) + 1
                raise InputError(f"not JSON: {error}", line=line) from None
            return
        count += 1
        end += at - done if narrow else len(text[done:at].encode("utf-8", "surrogateescape"))
        done = at
        yield end


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
