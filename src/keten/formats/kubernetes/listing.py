"""A long List in JSON, object by object: no more than one is built at a time.

A list of 50,000 pods as one value would take gigabytes. The envelope is decoded with its
items left as bytes, and each is decoded as it is asked for.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.yaml import json_text
from keten.formats.yaml.documents import Document, Part, load_part

LONG = 1 << 20
"""A List of more bytes is read object by object; only the objects have lines then."""
_PEEK = 4096


class _Envelope(Struct, rename="camel"):
    api_version: str
    kind: str
    items: list[msgspec.Raw]


class Item(Struct, frozen=True):
    """An object of a list and its line."""

    value: Any
    line: int


class Listing(Struct, frozen=True):
    """A List: its *api_version*, *kind*, and the bytes of its items."""

    api_version: str
    kind: str
    items: list[msgspec.Raw]
    data: bytes

    def __iter__(self) -> Iterator[Item]:
        """Yield each item; InputError for one that Kubernetes would not read."""
        at, line = max(self.data.find(b"["), 0), 1
        line += self.data.count(b"\n", 0, at)
        for raw in self.items:
            text = memoryview(raw)
            begins = max(self.data.find(bytes(text[:_HEAD]), at), at)
            line += self.data.count(b"\n", at, begins)
            yield Item(_built(raw), line)
            ends = begins + len(text)
            line += self.data.count(b"\n", begins, ends)
            at = ends


_HEAD = 64


def listing(data: bytes) -> Listing | None:
    """Return *data* as a List whose items are still bytes; None for anything else."""
    if data[:_PEEK].lstrip()[:1] != b"{":
        return None
    try:
        found = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not found.kind.endswith("List"):
        return None
    return Listing(found.api_version, found.kind, found.items, data)


def _built(raw: msgspec.Raw) -> Any:
    try:
        return json_text.wire(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"not JSON: {str(error)[:200]}") from error
    except RecursionError:
        raise CeilingError("JSON nested too deep") from None


CUT_OFF = "a list of a dump that is cut off: what followed is not known"
"""What is to be told of a file that ended too early."""
_LOGS = b"==== START logs for container "
_LOGGED = rb"(?ms)^==== START logs for container .*?(?:^==== END logs for [^\n]*|\Z)"


def without_logs(data: bytes) -> bytes:
    """Return what ``kubectl cluster-info dump`` printed without the logs between the lists.

    Every line stays where it is. What a log says could look like the end of it: objects that
    follow there are taken for what they seem, as nothing in the format tells them apart.
    """
    if _LOGS not in data:
        return data
    return re.sub(_LOGGED, lambda found: b"\n" * found[0].count(b"\n"), data)


def but_last(part: Part) -> Document | None:
    """Return a List in YAML, as kubectl prints it, without its last item; None for anything else.

    A file that was cut off ends amid an item; the others are whole.
    """
    data = part.data
    first, last = data.find(b"\n- "), data.rfind(b"\n- ")
    if part.json or first == last or b"items:" not in data[:first]:
        return None
    try:
        return load_part(Part(data[: last + 1], part.before))
    except InputError:
        return None


def is_cut_off(value: Any) -> bool:
    """Return whether *value* is a List without its end: kubectl says the kind after the items."""
    if not isinstance(value, dict) or value.get("kind") or "apiVersion" not in value:
        return False
    items = value.get("items")
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and isinstance(first.get("metadata"), dict)
