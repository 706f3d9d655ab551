"""The values of a chart as its templates see them, and where each mapping of them comes out.

Helm itself is asked. A template that prints all values is put beside the others, in a copy of
the chart: that gives the values with those of the charts within. Then each mapping is given a
mark, a key of its own, and where the mark comes out in an object, there that mapping stands,
whatever named templates, functions and loops it went through.
"""

import json
import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from keten.errors import InputError
from keten.formats.helm_output import pieces
from keten.formats.yaml.edit import objects
from keten.formats.yaml.fields import Steps, at, same, written
from keten.model.delivery import Chart
from keten.model.kube import Object
from keten.pipeline import charts
from keten.pipeline.fixing.seen import Bytes
from keten.pipeline.fixing.unchanged import DEPTH, Name, changed, every, name_of, values_of
from keten.transport.files import Tree
from keten.transport.overlay import Overlay

MARKS = 20_000
"""The most mappings that get a mark."""
_MARK = "ketenMark"
_SHOWN = "templates/keten-values.yaml"
_SHOW = b"{{ toJson .Values }}\n"
_LAX = "--skip-schema-validation"
_FILES = ("Chart.yaml", "Chart.yml")
OTHERS = 200
"""The most further files of values of a chart that are looked into."""
_OTHER = re.compile(r"(?:^|/)(?:values?/[^/]+|[^/]*values?[^/]*)\.ya?ml$")


class Bench:
    """A copy of a chart, which helm renders with other bytes in its files, or other values."""

    def __init__(self, files: Bytes, chart: Chart) -> None:
        self.folder = posixpath.dirname(chart.id)
        self._overlay: Overlay | None = None
        self._files = files
        self._tried: dict[tuple[str, bytes], list[dict[str, Any]]] = {}

    def _laid(self) -> Path:
        if self._overlay is None:
            head = f"{self.folder}/" if self.folder else ""
            mine = {
                path.removeprefix(head): data
                for path, data in self._files.changed.items()
                if path.startswith(head)
            }
            tree = Tree(self._files.tree.root / self.folder)
            self._overlay = Overlay(tree, mine)
        return self._overlay.laid_out()

    def _render(self, *further: str) -> bytes:
        folder = self._laid()
        root = self._files.tree.root
        try:
            return charts.rendered(folder, root, home=root / self.folder, further=further)[0]
        except InputError as error:
            told = self.folder or "the chart"
            raise InputError(error.what.replace(str(folder), told)) from None

    def values(self) -> dict[str, Any]:
        """Return the values that the chart's templates see; InputError where helm fails."""
        file = self._laid() / _SHOWN
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(_SHOW)
        try:
            data = self._render("-s", _SHOWN, _LAX)
        finally:
            file.unlink()
        found = next((p for p in pieces(data) if p.source == _SHOWN), None)
        text = data[found.start : found.end].split(b"\n", 2)[-1] if found else b""
        try:
            values = msgspec.json.decode(text)
        except msgspec.DecodeError:
            values = None
        if not isinstance(values, dict):
            raise InputError("helm does not tell the chart's values")
        return values

    def with_values(self, values: Any) -> list[dict[str, Any]]:
        """Return the objects that the chart makes of *values*; InputError where it makes none."""
        file = self._laid() / "keten-marked.json"
        file.write_text(json.dumps(values))
        try:
            data = self._render("-f", str(file), _LAX)
        finally:
            file.unlink()
        return [one.value for one in objects(data)]

    def with_file(self, path: str, new: bytes) -> list[dict[str, Any]]:
        """Return the objects that the chart makes with *new* in one of its files."""
        key = path, new
        if key not in self._tried:
            file = self._laid() / posixpath.relpath(path, self.folder or ".")
            old = file.read_bytes()
            file.write_bytes(new)
            try:
                data = self._render()
            finally:
                file.write_bytes(old)
            self._tried[key] = [one.value for one in objects(data)]
        return self._tried[key]


class Values:
    """Where the mappings of a chart's values come out. *why* says what helm refused, if it did."""

    def __init__(self, bench: Bench) -> None:
        self.tree: dict[str, Any] = {}
        self.why = ""
        self._places: dict[Name, dict[Steps, Steps]] = {}
        try:
            self.tree = bench.values()
            self._mark(bench)
        except InputError as error:
            self.why = error.what

    def _mark(self, bench: Bench) -> None:
        paths: list[Steps] = []
        try:
            made = bench.with_values(_marked(self.tree, (), paths, whole=True))
        except InputError:
            # A loop over a mapping took the mark for one more thing to make.
            paths = []
            made = bench.with_values(_marked(self.tree, (), paths, whole=False))
        for value in made:
            found = self._places.setdefault(name_of(value), {})
            for path, number in _marks(value, ()):
                if number < len(paths):
                    found.setdefault(path, paths[number])

    def origin(self, item: Object, path: Steps) -> Steps:
        """Return the path in the values of the field *path* of *item*; () where none is known."""
        found = self._places.get((item.kind, item.namespace, item.name), {})
        for length in range(len(path), -1, -1):
            if path[:length] in found:
                return found[path[:length]] + path[length:]
        return ()

    def ending(self, key: str) -> Iterator[Steps]:
        """Yield the paths of the values that are true or false and whose key is *key*."""
        for path, value in every(self.tree, ()):
            if path and path[-1] == key and isinstance(value, bool):
                yield path

    def items(self, path: tuple[str, ...], name: str = "") -> list[Steps]:
        """Return what *path* may mean: ``[]`` in it is any item of the list, or entry, there.

        Those come first that an object called *name* seems to be made of.
        """
        pending: list[Steps] = [()]
        for step in path:
            if step != "[]":
                pending = [(*one, step) for one in pending]
                continue
            pending = [(*one, key) for one in pending for key in _keys(at(self.tree, one))]
        return sorted(pending, key=lambda one: not self._names(one, name)) if name else pending

    def _names(self, path: Steps, name: str) -> bool:
        """Return whether a key on *path*, or the name of an item on it, is part of *name*."""
        for i, step in enumerate(path):
            held = at(self.tree, path[: i + 1])
            said = held.get("name") if isinstance(held, dict) else None
            texts = (said, step if isinstance(step, str) and i else None)
            if any(isinstance(one, str) and one and one in name for one in texts):
                return True
        return False


def _keys(value: Any) -> list[str | int]:
    if isinstance(value, dict):
        return sorted(value)
    return list(range(len(value))) if isinstance(value, list) else []


SAFE = ("context", "resources", "capabilities", "profile")
"""What the keys of mappings end with that are hardly ever looped over."""


def _marked(value: Any, path: Steps, paths: list[Steps], *, whole: bool) -> Any:
    """Return *value* with a mark in each mapping, or in those alone that are never looped over."""
    if len(path) > DEPTH:
        return value
    if isinstance(value, list):
        return [_marked(one, (*path, i), paths, whole=whole) for i, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {key: _marked(one, (*path, key), paths, whole=whole) for key, one in value.items()}
    inner = "global" in path[1:]  # a copy of what stands above
    last = str(path[-1]).lower() if path else ""
    if path and not inner and len(paths) < MARKS and (whole or last.endswith(SAFE)):
        made[_MARK] = f"m{len(paths)}"
        paths.append(path)
    return made


def _marks(value: Any, path: Steps) -> Iterator[tuple[Steps, int]]:
    """Yield where marks stand, and which."""
    for below, one in every(value, path):
        if below and below[-1] == _MARK and isinstance(one, str) and one[1:].isdecimal():
            yield below[:-1], int(one[1:])


def home(files: Bytes, folder: str, path: Steps) -> tuple[str, Steps]:
    """Return the values file in which to write the value *path* of the chart in *folder*.

    With it comes the path there. Of a chart within another it is its own file, unless the outer
    one says that value, or the inner one comes from elsewhere and would be fetched again.
    """
    own = posixpath.join(folder, "values.yaml")
    if len(path) < 2 or not isinstance(path[0], str):  # noqa: PLR2004 the chart's name, and a key
        return own, path
    inner = _inner(files, folder, path[0])
    if not inner or _depth(files, own, path) > 1:
        return own, path
    below, rest = home(files, inner, path[1:])
    return (below, rest) if _depth(files, below, rest) or files.tree.exists(below) else (own, path)


def overruled(files: Bytes, file: str, old: bytes, new: bytes) -> Iterator[str]:
    """Yield what other files of values beside *file* say otherwise than it now does.

    ``helm -f`` puts them above it: who gives them to helm gets what they say.
    """
    folder, name = posixpath.split(file)
    if name != "values.yaml":
        return
    before, after = (next(iter(values_of(data)), {}) for data in (old, new))
    edits = list(changed(before, after))
    head = f"{folder}/" if folder else ""
    others = (e.path for e in files.tree.entries if e.path.startswith(head) and e.path != file)
    for other in islice(filter(_OTHER.search, others), OTHERS):
        held = said(files, other)
        for path in edits:
            there = at(held, path)
            if there is not None and not same(there, at(after, path)):
                yield f"{other} says {written(path)} too, which holds where helm is given it (-f)"


def _depth(files: Bytes, file: str, path: Steps) -> int:
    """Return how many steps of *path* the values in *file* have."""
    held = said(files, file)
    count = 0
    while count < len(path) and at(held, path[: count + 1]) is not None:
        count += 1
    return count


def said(files: Bytes, file: str) -> dict[str, Any]:
    """Return the values in *file*, none where it can not be read."""
    if not files.tree.exists(file):
        return {}
    try:
        found = files.objects(file)
    except InputError:
        return {}
    return found[0].value if found else {}


def _inner(files: Bytes, folder: str, name: str) -> str:
    """Return the folder of the chart that the one in *folder* knows as *name*; "" for none."""
    called, beside = name, ""
    for file in _FILES:
        listed = said(files, posixpath.join(folder, file)).get("dependencies")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and name in (one.get("alias"), one.get("name")):
                source = str(one.get("repository") or "")
                if source and not source.startswith("file:"):
                    return ""
                called = str(one.get("name"))
                beside = source.removeprefix("file://")
    near = [posixpath.join(folder, "charts", called)]
    near += [posixpath.normpath(posixpath.join(folder, beside))] if beside else []
    for inner in near:
        if any(files.tree.exists(posixpath.join(inner, file)) for file in _FILES):
            return inner
    return ""
