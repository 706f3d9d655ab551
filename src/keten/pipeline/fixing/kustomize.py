"""Where a field of an object that kustomize made is set: a patch that sets it, else the base.

Overlays are searched before what they are made of, and the last patch first, as the last wins.
Items of lists are matched by their names, as a strategic merge does. Images and replicas stand
in the kustomization itself.
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats import reference
from keten.formats.yaml.documents import Dialect, load_all
from keten.formats.yaml.edit import Edit, Found, Spot, edited, objects
from keten.model.delivery import Chart
from keten.model.kube import Object
from keten.pipeline.fixing.patches import Wanted, holds, matches, moved, ordered, sets, wanted
from keten.pipeline.fixing.seen import Bytes, Seen

OVERLAYS = 200
"""The most kustomizations that one is made of; each is looked into once."""
SOURCES = 10_000
"""The most files of one overlay."""
_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FOLDERS = ("components", "resources", "bases")  # what comes later first
_PATCHES = ("patchesJson6902", "patches", "patchesStrategicMerge")  # likewise

_Place = tuple[str, Spot, Edit]


def origin(seen: Seen, chart: Chart, item: Object, edit: Edit) -> _Place:
    """Return file, object and edit there for *edit* of the rendered *item*.

    InputError where the value stands in no file of the target, or in none that is certain.
    """
    want = wanted(item, edit)
    for brings in (False, True):  # patches that bring a container are second to what sets a field
        search = _Search(seen.files, edit, brings=brings)
        for place in search.overlay(chart.id, want):
            return place
    raise InputError(
        f"nothing that {chart.id} is made of sets it in a file of the target: patch it there"
    )


def sources(files: Bytes, path: str) -> set[str]:
    """Return the files that the overlay at *path* is made of, itself among them."""
    found: set[str] = set()
    pending = [path]
    while pending and len(found) <= SOURCES:
        one = pending.pop()
        if one in found:
            continue
        if not files.tree.exists(one):
            pending += (_join(one, n) for n in _FILES if files.tree.exists(_join(one, n)))
            continue
        found.add(one)
        if posixpath.basename(one) not in _FILES:
            continue
        try:
            said = files.objects(one)[0].value
        except (InputError, IndexError):
            continue
        for field in (*_FOLDERS, *_PATCHES):
            for item in _list(said.get(field)):
                name = item.get("path") if isinstance(item, dict) else item
                if isinstance(name, str) and "\n" not in name and "://" not in name:
                    pending.append(_join(posixpath.dirname(one), name))
    return found


class _Patch(Struct, frozen=True):
    """A patch of a kustomization: in the *file*, or the *text* at its field *place*."""

    place: str
    file: str
    text: str
    target: Any


class _Search:
    """Goes through an overlay and what it is made of, each kustomization once."""

    def __init__(self, files: Bytes, edit: Edit, *, brings: bool) -> None:
        self._files = files
        self._edit = edit
        self._says = holds if brings else sets
        self._brings = brings
        self._been: set[str] = set()

    def overlay(self, path: str, want: Wanted) -> Iterator[_Place]:
        """Yield where the field is set, what wins first."""
        if path in self._been:
            return
        self._been.add(path)
        if len(self._been) > OVERLAYS:
            raise InputError(f"it is made of more than {OVERLAYS} overlays")
        found = self._files.objects(path)
        if not found:
            return
        said = found[0].value
        change = None if self._brings else _transformed(said, want, self._edit)
        if change is not None:
            yield path, found[0].spot, change
        want = want.below(said)
        for patch in _patches(path, said, self._files):
            yield from self._patched(path, found[0], patch, want)
        for field in _FOLDERS:
            for one in reversed(_list(said.get(field))):
                if isinstance(one, str) and "://" not in one:
                    yield from self._below(_join(posixpath.dirname(path), one), want)

    def _below(self, path: str, want: Wanted) -> Iterator[_Place]:
        if self._files.tree.exists(path):
            for one in [] if self._brings else self._files.objects(path):
                if matches(one.value, want):
                    try:
                        yield path, one.spot, moved(one.value, want, self._edit)
                    except InputError:
                        continue  # a patch brings the container
            return
        for name in _FILES:
            if self._files.tree.exists(_join(path, name)):
                yield from self.overlay(_join(path, name), want)
                return

    def _patched(self, path: str, overlay: Found, patch: _Patch, want: Wanted) -> Iterator[_Place]:
        """Yield the edits of one patch, whose own objects are merges, or one list of orders."""
        data = self._files.read(patch.file) if patch.file else patch.text.encode()
        order = None if self._brings else _order(data, want, patch, self._edit, patch.file or path)
        try:
            found = objects(data)
        except InputError:
            found = []
        changes = [(Spot(0), order)] if order else []
        changes += [
            (one.spot, moved(one.value, want, self._edit))
            for one in found
            if self._says(one.value, want, patch.target)
        ]
        for spot, change in changes:
            if patch.file:
                yield patch.file, spot, change
            else:
                text = edited(data, {spot: [change]}).decode()
                yield path, overlay.spot, Edit(patch.place, text)


def _patches(path: str, said: dict[str, Any], files: Bytes) -> Iterator[_Patch]:
    """Yield the patches of a kustomization, the last first."""
    folder = posixpath.dirname(path)
    for field in _PATCHES:
        listed = _list(said.get(field))
        for i in reversed(range(len(listed))):
            one, place = listed[i], f"{field}[{i}]"
            target = None
            if isinstance(one, dict):
                target = one["target"] if isinstance(one.get("target"), dict) else None
                place, text, file = f"{place}.patch", one.get("patch"), one.get("path")
            else:
                text, file = (one, None) if "\n" in str(one) else (None, one)
            if isinstance(file, str) and files.tree.exists(_join(folder, file)):
                yield _Patch("", _join(folder, file), "", target)
            elif isinstance(text, str):
                yield _Patch(place, "", text, target)


def _order(data: bytes, want: Wanted, patch: _Patch, edit: Edit, where: str) -> Edit | None:
    try:
        document = next(load_all(data, Dialect.KUBERNETES), None)
        return ordered(document.value, want, patch.target, edit) if document else None
    except InputError as error:
        if error.what.startswith("a JSON patch"):
            raise InputError(f"{error.what}: change {where} by hand") from None
        return None


def _transformed(said: dict[str, Any], want: Wanted, edit: Edit) -> Edit | None:
    """Return the edit of a kustomization's own images or replicas that does what *edit* says."""
    if edit.remove:
        return None
    if want.path == ("spec", "replicas"):
        for i, one in enumerate(_list(said.get("replicas"))):
            if isinstance(one, dict) and one.get("name") in want.names:
                return Edit(f"replicas[{i}].count", edit.to)
    if want.path[-1] == "image" and isinstance(edit.to, str):
        return _image(_list(said.get("images")), want, edit.to)
    return None


def _image(listed: list[Any], want: Wanted, to: str) -> Edit | None:
    """Return the edit of the entry of ``images`` that makes the image what it is."""
    now = reference.parse(want.image) if want.image else None
    new = reference.parse(to)
    for i, one in enumerate(listed):
        if now is None or not isinstance(one, dict) or not isinstance(one.get("name"), str):
            continue
        try:
            named = reference.parse(str(one.get("newName") or one["name"]))
        except InputError:
            continue
        if (named.registry, named.repository) != (now.registry, now.repository):
            continue
        kept = {key: value for key, value in one.items() if key not in ("newTag", "digest")}
        if (new.registry, new.repository) != (now.registry, now.repository):
            kept["newName"] = to.partition("@")[0].rpartition(":")[0] if new.tag else to
        if new.tag:
            kept["newTag"] = new.tag
        if new.digest:
            kept["digest"] = new.digest
        return Edit(f"images[{i}]", kept)
    return None


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
