"""Edits of YAML and JSON files that leave all else as it is: splices, never a new dump.

After each edit old and new are read again as Kubernetes reads them, and an edit stands only
where the new value is exactly the old one with the changes, every comment is still there, in
order, and the other documents of the file are the same to the byte. Else InputError.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.yaml.documents import BYTES, Part, load_part
from keten.formats.yaml.fields import Edit, applied, at, same, steps
from keten.formats.yaml.splices import respliced
from keten.formats.yaml.spots import Layout, layout
from keten.formats.yaml.stream import split

EDITED = 16 << 20  # bytes of one document that is edited

_MARK = b"\xef\xbb\xbf"


class Spot(Struct, frozen=True):
    """One object in a file: the number of its document, and its path there (``items[2]``)."""

    document: int
    path: str = ""

    def field(self, path: str) -> str:
        """Return the path in the document of a field of the object."""
        return f"{self.path}.{path}" if self.path and not path.startswith("[") else self.path + path


class Piece(Struct, frozen=True):
    """One document of a file: its *part*, and where its bytes stand."""

    part: Part
    start: int
    end: int


def pieces(data: bytes) -> list[Piece]:
    """Return the documents of a file, in order, those without content too."""
    if len(data) > BYTES:
        raise CeilingError(f"YAML of {len(data)} bytes; keten edits {BYTES}")
    made: list[Piece] = []
    starts = [0]
    at = 0
    for part in split(data):
        if part.json:
            start = at
        else:
            while len(starts) <= part.before:
                found = data.find(b"\n", starts[-1])
                starts.append(len(data) if found < 0 else found + 1)
            start = starts[part.before]
        end = min(start + len(part.data), len(data))
        whole = data[start:end]
        if whole != part.data and whole + b"\n" != part.data:
            raise InputError("the documents of the file can not be told apart")
        made.append(Piece(part, start, end))
        at = end
    return made


class Found(Struct, frozen=True):
    """An object in a file: its *spot*, its *value* and the line at which it begins."""

    spot: Spot
    value: dict[str, Any]
    line: int


def objects(data: bytes) -> list[Found]:
    """Return the mappings of a file, those in Lists one by one; documents that are none go."""
    made: list[Found] = []
    for number, piece in enumerate(pieces(data)):
        try:
            document = load_part(piece.part)
        except InputError:
            continue
        for path, value in _objects(document.value, "", 0) if document else ():
            line = document.fields.get(path, 0) if document and path else 0
            made.append(
                Found(Spot(number, path), value, line or (document.line if document else 0))
            )
    return made


def find(data: bytes, test: Callable[[dict[str, Any]], bool], *, line: int = 0) -> Spot | None:
    """Return the one object of which *test* is true; None where none or several are.

    *line*, where given, is that of the object: it decides between several.
    """
    found = [one for one in objects(data) if test(one.value)]
    if len(found) > 1:
        found = [one for one in found if line and one.line == line]
    return found[0].spot if len(found) == 1 else None


def _objects(value: Any, path: str, depth: int) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict):
        return []
    items = value.get("items")
    if not str(value.get("kind")).endswith("List") or not isinstance(items, list) or depth > 1:
        return [(path, value)]
    below = f"{path}.items" if path else "items"
    kind = str(value["kind"]).removesuffix("List")
    made = []
    for i, item in enumerate(items):
        if isinstance(item, dict) and kind and not item.get("kind") and not item.get("apiVersion"):
            item = {**item, "kind": kind, "apiVersion": value.get("apiVersion")}  # noqa: PLW2901
        made += _objects(item, f"{below}[{i}]", depth + 1)
    return made


def edited(data: bytes, edits: Mapping[Spot, Sequence[Edit]]) -> bytes:
    """Return *data* with *edits*, whose paths begin at the object; proved as said above.

    InputError where an edit can not be made without guessing.
    """
    by_document: dict[int, list[Edit]] = {}
    for spot, changes in edits.items():
        moved = [Edit(spot.field(e.at), e.to, e.remove) for e in changes]
        by_document.setdefault(spot.document, []).extend(moved)
    found = pieces(data)
    values: dict[int, Any] = {}
    for number, changes in by_document.items():
        if number >= len(found):
            raise InputError(f"there is no document {number} in the file")
        document = load_part(found[number].part)
        values[number] = applied(document.value if document else None, changes)
    return rewritten(data, values)


def rewritten(data: bytes, values: Mapping[int, Any]) -> bytes:
    """Return *data* in which the documents of these numbers have these values; proved."""
    found = pieces(data)
    texts, at = [], 0
    for number in sorted(values):
        piece = found[number]
        texts += [data[at : piece.start], _respliced(data, piece, values[number])]
        at = piece.end
    made = b"".join([*texts, data[at:]])
    _prove(found, pieces(made), values)
    return made


def _respliced(data: bytes, piece: Piece, new: Any) -> bytes:
    raw = data[piece.start : piece.end]
    document = load_part(piece.part)
    old = document.value if document else None
    if same(old, new):
        return raw
    mark = _MARK if raw.startswith(_MARK) else b""
    held = _layout(raw, of_json=piece.part.json)
    if held is None:
        raise InputError("not edited: the document is empty")
    try:
        return mark + respliced(held, old, new).encode()
    except InputError as error:
        error.line += piece.part.before if error.line else 0
        raise


def _layout(raw: bytes, *, of_json: bool) -> Layout | None:
    if len(raw) > EDITED:
        raise CeilingError(f"a document of {len(raw)} bytes; keten edits {EDITED}")
    try:
        text = raw.removeprefix(_MARK).decode()
    except UnicodeDecodeError:
        raise InputError("not edited: the file is not UTF-8") from None
    return layout(text, of_json=of_json)


def _prove(old: list[Piece], new: list[Piece], values: Mapping[int, Any]) -> None:
    """Refuse what an edit made unless it is exactly what was asked for."""
    if len(old) != len(new):
        raise InputError("not edited: the file would have other documents")
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        if number not in values:
            if before.part.data != after.part.data:
                raise InputError("not edited: another document would change")
            continue
        _prove_one(before.part, after.part, values[number])


def _prove_one(before: Part, after: Part, value: Any) -> None:
    try:
        document = load_part(after)
    except InputError as error:
        raise InputError(f"not edited: it would no longer be read: {error.what}") from None
    if not same(document.value if document else None, value):
        raise InputError("not edited: something else would change with it")
    was, now = (_layout(part.data, of_json=part.json) for part in (before, after))
    if (was.said() if was else []) != (now.said() if now else []):
        raise InputError("not edited: a comment would be lost")


__all__ = [
    "Edit",
    "Found",
    "Spot",
    "at",
    "edited",
    "find",
    "objects",
    "pieces",
    "rewritten",
    "steps",
]
