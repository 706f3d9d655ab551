"""What part a YAML file plays: an object, a template of a chart, a patch of an overlay."""

import posixpath
from functools import lru_cache
from itertools import pairwise
from typing import Any

from keten.errors import InputError
from keten.model.plug import Source

ABOVE = 8  # folders up in which a chart or an overlay is looked for

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_CHART_FILES = {"Chart.yaml", "Chart.yml", "values.yaml", "values.yml", "requirements.yaml"}


def role(source: Source) -> str:
    """Return what *source* is: ``object``, ``chart``, ``patch`` or ``other``.

    A template inside a chart (``chart``) is told of once, by the chart.
    """
    base = posixpath.basename(source.path)
    if base in KUSTOMIZATIONS:
        return "other"
    chart = _in_chart(source)
    if chart and (base in _CHART_FILES or b"{{" in source.data):
        return "chart"
    if _is_patch(source):
        return "patch"
    return "object"


def _above(path: str) -> list[str]:
    """Return the folders above *path*, nearest first, as prefixes (``a/b/``, ``a/``, ````)."""
    folders = []
    folder = posixpath.dirname(path)
    for _ in range(ABOVE):
        folders.append(folder + "/" if folder else "")
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return folders


def _in_chart(source: Source) -> bool:
    """Return whether a Chart.yaml stands beside it or above its templates folder."""
    folders = _above(source.path)
    if source.files.exists(folders[0] + "Chart.yaml"):
        return True
    if "templates/" not in source.path:
        return False
    return any(
        folder.endswith("templates/") and source.files.exists(above + "Chart.yaml")
        for folder, above in pairwise(folders)
    )


def _is_patch(source: Source) -> bool:
    for folder in _above(source.path):
        for name in KUSTOMIZATIONS:
            if source.files.exists(folder + name):
                data = source.files.read(folder + name)
                if data and source.path.removeprefix(folder) in patches(data):
                    return True
    return False


@lru_cache(maxsize=256)
def patches(data: bytes) -> frozenset[str]:
    """Return the files that the kustomization *data* names as patches, relative to it."""
    try:
        value = kustomization(data)
    except InputError:
        return frozenset()
    named: set[str] = set()
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902", "transformers"):
        for item in _list(value.get(field)):
            path = item.get("path") if isinstance(item, dict) else item
            if isinstance(path, str):
                named.add(posixpath.normpath(path))
    for field in ("configurations", "generators", "crds"):
        named.update(posixpath.normpath(i) for i in _list(value.get(field)) if isinstance(i, str))
    for item in _list(value.get("replacements")):
        if isinstance(item, dict) and isinstance(item.get("path"), str):
            named.add(posixpath.normpath(item["path"]))
    return frozenset(named)


def kustomization(data: bytes) -> dict[str, Any]:
    """Return the kustomization *data*; InputError where it is none."""
    from keten.formats.yaml.documents import Dialect, load_all

    for document in load_all(data, Dialect.KUBERNETES):
        if isinstance(document.value, dict):
            return document.value
    raise InputError("a kustomization is one mapping")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
