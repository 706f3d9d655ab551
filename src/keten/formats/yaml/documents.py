"""YAML with the line of every field, read as Kubernetes or as a CI system reads it.

The C composer of PyYAML (libyaml) makes the tree, as fast as it goes; one walk over the tree
makes the values and the lines. What a scalar means is in yaml_scalars.

KUBERNETES follows kubectl: its YAMLOrJSONDecoder splits the stream into documents *before*
any of it is parsed, at lines that begin with ``---`` (k8s.io/apimachinery/pkg/util/yaml), and
sigs.k8s.io/yaml reads the first YAML document of each part. Merge keys put their fields where
they stand, so that a ``<<`` after a field overrides it, and the last of repeated keys holds.

CORE is YAML 1.2: keys are text as written (``on:`` is the key ``on``), merge keys yield to
fields beside them.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.yaml import scalars
from keten.formats.yaml.nodes import compose, failure

BYTES = 64 << 20  # of one stream
DEPTH = 400  # nested collections; real objects (CRDs) stay below 100
VISITS = 4_000_000  # values of a document
EXPANDED = 100_000  # values that aliases may add: an alias bomb ends here

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)
_MERGE = scalars.TAG + "merge"


class Dialect(StrEnum):
    """Whose reading of YAML."""

    KUBERNETES = "kubernetes"
    CORE = "core"


class Document(Struct, frozen=True):
    """One document: its *value*, where it begins, and the 1-based line of every field.

    *fields* maps field paths (``spec.containers[0].image``,
    ``metadata.labels["app.kubernetes.io/name"]``) to the line of the key or list item.
    *duplicates* are the field paths that stand more than once, with the later line.
    """

    value: Any
    fields: dict[str, int]
    line: int = 1
    duplicates: tuple[tuple[str, int], ...] = ()


class Part(Struct, frozen=True):
    """The bytes of one document of a stream, and the number of lines before them."""

    data: bytes
    before: int = 0
    json: bool = False


def load_all(data: bytes, dialect: Dialect) -> Iterator[Document]:
    """Yield each document up to the first error, then raise InputError with its line.

    Documents without content (comments only) are left out. CeilingError for what is too
    large or too deep, or expands beyond measure.
    """
    if len(data) > BYTES:
        raise CeilingError(f"YAML of {len(data)} bytes; keten reads {BYTES}")
    if dialect is Dialect.CORE:
        yield from _core(data)
        return
    from keten.formats.yaml.stream import split

    for part in split(data):
        document = load_part(part)
        if document is not None:
            yield document


def load_part(part: Part) -> Document | None:
    """Return the document that *part* holds as Kubernetes reads it; None for none or null."""
    if part.json:
        from keten.formats.yaml.json_text import load

        return load(part.data, part.before)
    with uncollected():
        try:
            root = next(compose(part.data), None)
        except InputError as error:
            raise _moved(error, part.before) from None
        if root is None:
            return None
        walk = _Walk(part.before, core=False, bombs=_allowance(part.data))
        value = walk.document(root)
    if value is None:
        return None
    line = root.start_mark.line + part.before + 1
    return Document(value, walk.fields, line, tuple(walk.duplicates))


def step(key: str) -> str:
    """Return how a key is written in a field path below another field."""
    try:
        return _steps[key]
    except KeyError:
        if _PLAIN_KEY.fullmatch(key):
            text = "." + key
        else:
            text = '["' + key.replace("\\", "\\\\").replace('"', '\\"') + '"]'
        if len(_steps) < scalars.CACHE:
            _steps[key] = text
        return text


_steps: dict[str, str] = {}


class _Paths:
    """Field paths, remembered: documents of a kind have the same ones.

    A path is joined, and hashed, once in a process.
    """

    def __init__(self) -> None:
        self._keys: dict[str, dict[Any, tuple[str, str]]] = {}
        self._items: dict[str, list[str]] = {}
        self._room = scalars.CACHE

    def keys(self, path: str) -> dict[Any, tuple[str, str]]:
        """Return the plain keys known of the mapping at *path*: what each is, and its path."""
        known = self._keys.get(path)
        if known is None:
            known = {}
            if self._has_room(path):
                self._keys[path] = known
        return known

    def found(self, path: str, key: str, text: str, *, plain: bool) -> tuple[str, str]:
        """Return *key* and its path below *path*; remember it by its *text* if it is plain."""
        found = key, path + step(key) if path else step(key).removeprefix(".")
        if plain and path in self._keys and self._has_room(found[1]):
            self._keys[path][text] = found
        return found

    def items(self, path: str, count: int) -> list[str]:
        """Return the paths of the *count* items, or more, of the sequence at *path*."""
        known = self._items.get(path, [])
        if len(known) < count:
            known = known + [f"{path}[{i}]" for i in range(len(known), count)]
            if count <= _REMEMBERED and self._has_room(path, count):
                self._items[path] = known
        return known

    def _has_room(self, path: str, count: int = 1) -> bool:
        if self._room < count or len(path) > _LONG:
            return False
        self._room -= count
        return True


_paths, _core_paths = _Paths(), _Paths()
_LONG = 300  # characters of a path that is remembered no more
_REMEMBERED = 64  # items of a sequence, likewise
_HINTS = scalars.HINTS


def _core(data: bytes) -> Iterator[Document]:
    documents, allowed = compose(data), _allowance(data)
    while True:
        with uncollected():
            root = next(documents, None)
            if root is None:
                return
            walk = _Walk(0, core=True, bombs=allowed)
            value = walk.document(root)
        if value is not None:
            line = root.start_mark.line + 1
            yield Document(value, walk.fields, line, tuple(walk.duplicates))


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold the garbage collector: hundreds of thousands of young nodes are all alive."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _moved(error: InputError, lines: int) -> InputError:
    kind = type(error)
    return kind(error.what, line=error.line + lines, column=error.column, advice=error.advice)


def _allowance(data: bytes) -> int:
    """Return how many values aliases may make of *data*, 0 where there are none."""
    return len(data) + EXPANDED if b"*" in data and b"&" in data else 0


class _Walk:
    """One walk over a composed tree: values and lines together."""

    def __init__(self, before: int, *, core: bool, bombs: int) -> None:
        self.fields: dict[str, int] = {}
        self.duplicates: list[tuple[str, int]] = []
        self._first = before + 1
        self._plain = scalars.core if core else scalars.kubernetes
        self._core = core
        self._paths = _core_paths if core else _paths
        self._aliased = bombs > 0
        self._allowed = bombs or VISITS
        self._visits = 0
        self._open: set[int] = set()

    def document(self, root: Any) -> Any:
        """Return the value of a document's root node."""
        return self._value(root, "", 0)

    def _value(self, node: Any, path: str, depth: int) -> Any:
        value = node.value
        if type(value) is str:
            return self._scalar(node, value)
        self._visits += len(value) + 1
        if self._aliased or depth > DEPTH or self._visits > self._allowed:
            self._enter(node, depth)
        result: Any
        if node.id == "mapping":
            result = {}
            self._mapping(node, result, path, depth)
        else:
            result = self._sequence(value, path, depth + 1)
        if self._aliased:
            self._open.discard(id(node))
        return result

    def _sequence(self, items: list[Any], path: str, depth: int) -> list[Any]:
        result = []
        fields, first = self.fields, self._first
        for item, at in zip(items, self._paths.items(path, len(items)), strict=False):
            fields[at] = item.start_mark.line + first
            text = item.value
            if type(text) is str and item.style != "" and item.tag == "":
                result.append(text)
            else:
                result.append(self._value(item, at, depth))
        return result

    def _mapping(self, node: Any, into: dict[str, Any], path: str, depth: int) -> None:
        fields, first, plain = self.fields, self._first, self._plain
        below, known = depth + 1, self._paths.keys(path)
        merged: list[Any] = []
        own = set[str]() if into else None  # of *into*, what is no other mapping's; None: all
        for name, item in node.value:
            text = name.value
            found = None if name.tag or name.style else known.get(text)
            if found is None:
                if text == "<<" and _is_merge(name):
                    if self._core:
                        merged.append(item)
                    else:
                        own = set(into) if own is None else own
                        self._merge(name, item, into, path, depth)
                    continue
                key = self._key(name)
                found = self._paths.found(path, key, text, plain=not (name.tag or name.style))
            key, at = found
            line = name.start_mark.line + first
            if key in (into if own is None else own):
                self.duplicates.append((at, line))
            if own is not None:
                own.add(key)
            fields[at] = line
            value = item.value
            if type(value) is not str or item.tag:
                value = self._value(item, at, below)
            elif item.style == "" and (not value or value[0] in _HINTS):
                value = plain(value)
                if type(value) is float:
                    self._finite(item, value)
            into[key] = value
        for item in merged:
            self._merge_core(item, into, path, depth)

    def _enter(self, node: Any, depth: int) -> None:
        if depth > DEPTH:
            raise CeilingError(f"YAML nested more than {DEPTH} deep", line=self._line(node))
        if self._visits > self._allowed:
            what = f"aliases make more than {self._allowed} values of this YAML"
            raise CeilingError(what, line=self._line(node))
        if self._aliased:
            if id(node) in self._open:
                raise InputError("an anchor's value contains itself", line=self._line(node))
            self._open.add(id(node))

    def _line(self, node: Any) -> int:
        return int(node.start_mark.line) + self._first

    def _scalar(self, node: Any, text: str) -> Any:
        if node.tag == "":
            value = self._plain(text) if node.style == "" else text
        elif self._core:
            value = _core_tagged(node.tag, text)
        else:
            value = self._located(node, scalars.tagged, node.tag, text)
        if type(value) is float:
            self._finite(node, value)
        return value

    def _finite(self, node: Any, value: float) -> None:
        """Refuse what JSON has no number for, as Go's encoder does."""
        if not self._core and (value != value or value in (_INFINITY, -_INFINITY)):  # noqa: PLR0124 NaN
            raise InputError(f"{node.value} is no number in JSON", line=self._line(node))

    def _key(self, node: Any) -> str:
        text = node.value
        if type(text) is not str:
            what = "a key that is a list or a mapping"
            raise InputError(what, line=self._line(node))
        if self._core or (node.tag == "" and node.style != ""):
            return text
        if node.tag == "":
            return str(self._located(node, scalars.key, text))
        return str(self._located(node, scalars.tagged_key, node.tag, text))

    def _located(self, node: Any, read: Any, *arguments: str) -> Any:
        try:
            return read(*arguments)
        except InputError as error:
            error.line = self._line(node)
            raise

    def _merge(self, name: Any, node: Any, into: dict[str, Any], path: str, depth: int) -> None:
        """Put the fields of a merged mapping where ``<<`` stands; of several the first wins."""
        for item in reversed(node.value) if node.id == "sequence" else [node]:
            if item.id != "mapping":
                what = "<< takes a mapping or a list of mappings"
                raise InputError(what, line=self._line(name))
            self._visits += len(item.value) + 1
            self._enter(item, depth + 1)
            self._mapping(item, into, path, depth + 1)
            self._open.discard(id(item))

    def _merge_core(self, node: Any, into: dict[str, Any], path: str, depth: int) -> None:
        """Put in the fields of merged mappings that are not there yet."""
        for item in node.value if node.id == "sequence" else [node]:
            if item.id != "mapping":
                continue
            self._visits += len(item.value) + 1
            self._enter(item, depth + 1)
            kept, self.fields = self.fields, {}
            more: dict[str, Any] = {}
            self._mapping(item, more, path, depth + 1)
            kept, self.fields = self.fields, kept
            self._open.discard(id(item))
            for field, line in kept.items():
                self.fields.setdefault(field, line)
            for key, value in more.items():
                into.setdefault(key, value)


_INFINITY = float("inf")


def _is_merge(node: Any) -> bool:
    return node.tag == _MERGE or (node.tag in {"", "!"} and node.style == "")


def _core_tagged(tag: str, text: str) -> Any:
    kind = tag.removeprefix(scalars.TAG)
    if kind in {"bool", "int", "float", "null"}:
        return scalars.core(text)
    return text


__all__ = ["Dialect", "Document", "Part", "failure", "load_all", "load_part", "step"]
