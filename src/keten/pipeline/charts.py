"""Charts whose dependencies are not beside them: rendered without, and said so.

Repositories rarely hold what ``helm dependency build`` brings, and helm then renders nothing at
all. Nothing is fetched here: a dependency that is a folder of the target is laid in its place,
one that the values turn off is not missed, and the names of the others are told.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keten.errors import CeilingError, InputError
from keten.formats.yaml.documents import Dialect, load_all
from keten.transport.render import render

COPIED = 256 << 20
"""The most bytes of a chart, with the folders it names, that are copied."""
DEPENDENCIES = 200
"""The most dependencies of one chart that are looked at."""
_MISSING = "missing in charts/ directory"
_FILES = ("Chart.yaml", "Chart.yml")
_LOCKS = ("Chart.lock", "requirements.lock")


def rendered(
    folder: Path, root: Path, *, home: Path | None = None, further: Sequence[str] = ()
) -> tuple[bytes, tuple[str, ...]]:
    """Return what helm makes of the chart in *folder*, and what it was rendered without.

    Dependencies that are folders are named from *home* (default: *folder*), and taken below
    *root* only. InputError where helm makes nothing.
    """
    try:
        return render("helm", str(folder), further=further), ()
    except InputError as error:
        if _MISSING not in error.what:
            raise
    with tempfile.TemporaryDirectory(prefix="keten-chart-") as kept:
        copy = Path(kept, "chart")
        _copied(folder, copy, [COPIED])
        lacks = _settled(copy, (home or folder).resolve(), root.resolve())
        try:
            return render("helm", str(copy), further=further), lacks
        except InputError as error:
            raise InputError(error.what.replace(str(copy), str(folder))) from None


def _copied(source: Path, to: Path, left: list[int]) -> None:
    """Copy the files of a folder; links stay links."""

    def copy(one: str, other: str) -> str:
        left[0] -= Path(one).lstat().st_size
        if left[0] < 0:
            raise CeilingError(f"more than {COPIED} bytes would have to be copied to render it")
        return shutil.copy2(one, other, follow_symlinks=False)

    try:
        shutil.copytree(source, to, symlinks=True, copy_function=copy)
    except (OSError, shutil.Error) as error:
        raise InputError(f"the chart can not be copied: {str(error)[:200]}") from error


def _settled(copy: Path, home: Path, root: Path) -> tuple[str, ...]:
    """Lay what is a folder into charts/, strike out the rest; return the names of that."""
    file = next((copy / name for name in _FILES if (copy / name).is_file()), None)
    chart = _mapping(file)
    values = _mapping(copy / "values.yaml")
    held: list[Any] = []
    lacks: list[str] = []
    listed = chart.get("dependencies")
    for one in (listed if isinstance(listed, list) else [])[:DEPENDENCIES]:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or set(name) & set("/\0") or _there(copy, name):
            held.append(one)
        elif _laid(copy, name, one, home, root):
            held.append({**one, "version": "*-0"})  # its own number may be another by now
        elif name and not _off(one, values):
            lacks.append(name)
    if file is not None:
        file.write_text(json.dumps({**chart, "dependencies": held}))
    for name in _LOCKS:
        (copy / name).unlink(missing_ok=True)
    return tuple(sorted(set(lacks)))


def _there(copy: Path, name: str) -> bool:
    charts = copy / "charts"
    if not charts.is_dir():
        return False
    packed = (file.name for file in charts.iterdir() if file.name.endswith(".tgz"))
    return (charts / name).is_dir() or any(one.startswith(f"{name}-") for one in packed)


def _laid(copy: Path, name: str, said: dict[str, Any], home: Path, root: Path) -> bool:
    source = said.get("repository")
    if not isinstance(source, str) or not source.startswith("file://"):
        return False
    folder = (home / source.removeprefix("file://")).resolve()
    if not folder.is_relative_to(root) or home.is_relative_to(folder):
        return False
    if not any((folder / file).is_file() for file in _FILES):
        return False
    _copied(folder, copy / "charts" / name, [COPIED])
    return True


def _off(said: dict[str, Any], values: dict[str, Any]) -> bool:
    """Return whether the values turn a dependency off: the first of its conditions they say."""
    conditions = said.get("condition")
    for path in conditions.split(",") if isinstance(conditions, str) else ():
        value: Any = values
        for key in path.strip().split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return not value
    return False


def _mapping(file: Path | None) -> dict[str, Any]:
    """Return the mapping in a file, empty where there is none."""
    if file is None or not file.is_file() or file.is_symlink():
        return {}
    document = next(load_all(file.read_bytes(), Dialect.KUBERNETES), None)
    return document.value if document and isinstance(document.value, dict) else {}
