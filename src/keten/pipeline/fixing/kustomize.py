"""Where a field of an object that kustomize made is set: a patch that sets it, else the base.

Overlays are searched before what they are made of, and the last patch first, as the last wins.
Items of lists are matched by their names, as a strategic merge does. A JSON patch is an order
and no value: it is told, not edited.
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml.documents import Dialect, load_all
from keten.formats.yaml.edit import Edit, Found, Spot, edited, objects
from keten.formats.yaml.fields import at, steps, written
from keten.model.delivery import Chart
from keten.model.kube import Object, Workload
from keten.pipeline.fixing.seen import Bytes, Seen

OVERLAYS = 200
"""The most kustomizations that one is made of; each is looked into once."""
SOURCES = 10_000
"""The most files of one overlay."""
_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FOLDERS = ("resources", "bases", "components")


class _Wanted(Struct, frozen=True):
    """The field *path* of an object, with a name for each item of a list."""

    kind: str
    names: frozenset[str]
    path: tuple[str, ...]
    items: frozenset[int]  # which of the steps name an item of a list


def origin(seen: Seen, chart: Chart, item: Object, edit: Edit) -> tuple[str, Spot, Edit]:
    """Return file, object and edit there for *edit* of the rendered *item*.

    InputError where the value stands in no file of the target, or in none that is certain.
    """
    wanted = _wanted(item, edit)
    for path, found, moved in _places(seen.files, chart.id, wanted, edit, set()):
        return path, found, moved
    raise InputError("what sets it was not found among the files of the overlay")


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
        for field in (*_FOLDERS, "patches", "patchesStrategicMerge"):
            for item in _list(said.get(field)):
                name = item.get("path") if isinstance(item, dict) else item
                if isinstance(name, str) and "\n" not in name and "://" not in name:
                    pending.append(_join(posixpath.dirname(one), name))
    return found


def _wanted(item: Object, edit: Edit) -> _Wanted:
    names: dict[str, str] = {}
    if isinstance(item, Workload):
        for where, container in item.pod.all_containers():
            names[f"{item.pod_path}.{where}"] = container.name
    path: list[str] = []
    items: set[int] = set()
    found = steps(edit.at)
    for i, step in enumerate(found):
        if isinstance(step, str):
            path.append(step)
            continue
        name = names.get(written(found[: i + 1]))
        if not name:
            raise InputError("it stands in a list whose items have no names")
        items.add(i)
        path.append(name)
    return _Wanted(item.kind, frozenset({item.name}), tuple(path), frozenset(items))


def _places(
    files: Bytes, path: str, wanted: _Wanted, edit: Edit, been: set[str]
) -> Iterator[tuple[str, Spot, Edit]]:
    if path in been:
        return
    been.add(path)
    if len(been) > OVERLAYS:
        raise InputError(f"it is made of more than {OVERLAYS} overlays")
    found = files.objects(path)
    if not found:
        return
    said = found[0].value
    names = {_bare(name, said) for name in wanted.names} | wanted.names
    wanted = _Wanted(wanted.kind, frozenset(names), wanted.path, wanted.items)
    folder = posixpath.dirname(path)
    yield from _patches(files, path, found[0], wanted, edit)
    for field in _FOLDERS:
        for one in reversed(_list(said.get(field))):
            if isinstance(one, str) and "://" not in one:
                yield from _below(files, _join(folder, one), wanted, edit, been)


def _below(
    files: Bytes, path: str, wanted: _Wanted, edit: Edit, been: set[str]
) -> Iterator[tuple[str, Spot, Edit]]:
    if files.tree.exists(path):
        for one in files.objects(path):
            if _matches(one.value, wanted):
                yield path, one.spot, _moved(one.value, wanted, edit)
        return
    for name in _FILES:
        if files.tree.exists(_join(path, name)):
            yield from _places(files, _join(path, name), wanted, edit, been)
            return


def _patches(
    files: Bytes, path: str, overlay: Found, wanted: _Wanted, edit: Edit
) -> Iterator[tuple[str, Spot, Edit]]:
    """Yield the patches of one overlay that set the field, the last first."""
    folder, said = posixpath.dirname(path), overlay.value
    for field in ("patches", "patchesStrategicMerge"):
        listed = _list(said.get(field))
        for i in reversed(range(len(listed))):
            one = listed[i]
            place = f"{field}[{i}]"
            aimed = isinstance(one, dict) and isinstance(one.get("target"), dict)
            if isinstance(one, dict):
                place, text, file = f"{place}.patch", one.get("patch"), one.get("path")
            else:
                text, file = (one, None) if "\n" in str(one) else (None, one)
            target = one["target"] if aimed else None
            if isinstance(file, str) and files.tree.exists(_join(folder, file)):
                _no_order(files.read(_join(folder, file)), wanted, target, _join(folder, file))
                for found in files.objects(_join(folder, file)):
                    if _sets(found.value, wanted, target):
                        moved = _moved(found.value, wanted, edit)
                        yield _join(folder, file), found.spot, moved
            elif isinstance(text, str):
                _no_order(text.encode(), wanted, target, path)
                for change in _inline(text, place, wanted, edit, target=target):
                    yield path, overlay.spot, change


def _no_order(data: bytes, wanted: _Wanted, target: Any, where: str) -> None:
    """Refuse a JSON patch that sets the field: what it does depends on what it is done to."""
    document = next(load_all(data, Dialect.KUBERNETES), None)
    orders = document.value if document else None
    if not isinstance(orders, list) or not _aims(target, wanted):
        return
    for order in orders:
        said = str(order.get("path") or "") if isinstance(order, dict) else ""
        path = [one.replace("~1", "/").replace("~0", "~") for one in said.split("/")[1:]]
        pairs = list(enumerate(zip(path, wanted.path, strict=False)))
        if pairs and all(i in wanted.items or a == b for i, (a, b) in pairs):
            raise InputError(f"a JSON patch sets it: change {where} by hand")


def _aims(target: Any, wanted: _Wanted) -> bool:
    if not isinstance(target, dict):
        return False
    return target.get("kind") in (None, wanted.kind) and target.get("name") in (
        None,
        *wanted.names,
    )


def _inline(text: str, place: str, wanted: _Wanted, edit: Edit, *, target: Any) -> Iterator[Edit]:
    """Yield the edit of the text at *place* by which the patch in it is edited."""
    try:
        patches = objects(text.encode())
    except InputError:
        return
    for found in patches:
        if _sets(found.value, wanted, target):
            data = edited(text.encode(), {found.spot: [_moved(found.value, wanted, edit)]})
            yield Edit(place, data.decode())


def _sets(value: Any, wanted: _Wanted, target: Any) -> bool:
    """Return whether a patch is for the object and says something of the field."""
    if not isinstance(value, dict) or value.get("kind") != wanted.kind:
        return False
    if target is not None:
        if not _aims(target, wanted):
            return False
    elif not _matches(value, wanted):
        return False
    try:
        path = _indexed(value, wanted)
    except InputError:
        return False
    return at(value, path) is not None


def _matches(value: dict[str, Any], wanted: _Wanted) -> bool:
    meta = value.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    return value.get("kind") == wanted.kind and name in wanted.names


def _moved(value: Any, wanted: _Wanted, edit: Edit) -> Edit:
    return Edit(written(_indexed(value, wanted)), edit.to, edit.remove)


def _indexed(value: Any, wanted: _Wanted) -> list[str | int]:
    """Return the path in *value*: names of items become their numbers there."""
    path: list[str | int] = []
    for i, step in enumerate(wanted.path):
        if i not in wanted.items:
            path.append(step)
            continue
        held = at(value, path)
        names = [one.get("name") if isinstance(one, dict) else None for one in _list(held)]
        if names.count(step) != 1:
            raise InputError(f"{written(path)} has no item {step}")
        path.append(names.index(step))
    return path


def _bare(name: str, said: dict[str, Any]) -> str:
    """Return the name that the object has below an overlay with a prefix or suffix."""
    prefix, suffix = str(said.get("namePrefix") or ""), str(said.get("nameSuffix") or "")
    return name.removeprefix(prefix).removesuffix(suffix) or name


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
