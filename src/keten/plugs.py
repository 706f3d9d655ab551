"""The one registry.

A plug is a module that exports one value. Its id is its path below the seam, so check
``image/unsigned`` is ``keten/checks/image/unsigned.py`` and there is no list to keep. No plug
is imported until it is asked for. A module whose name begins with ``_`` is not a plug.
"""

import importlib
import os
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from keten.model.check import Check
from keten.model.plug import Collector, Ecosystem, Reader, Report

T = TypeVar("T")
_SOURCE = 1 << 16
"""The most bytes of a plug's source that are read: room for more takes longer than reading."""

SEAMS: dict[Any, str] = {
    Check: "checks",
    Collector: "collectors",
    Ecosystem: "ecosystems",
    Reader: "readers",
    Report: "reports",
}


def names(seam: Any) -> tuple[str, ...]:
    """Return the ids of a seam's plugs, sorted, importing none of them."""
    return _names(SEAMS[seam])


def load(seam: type[T], name: str) -> T:
    """Import one plug and return the value it exports; KeyError where there is no such plug."""
    plug = _load(SEAMS[seam], seam.__name__.upper(), name)
    if not isinstance(plug, seam):
        raise TypeError(f"{SEAMS[seam]}/{name} exports {plug!r}, not a {seam.__name__}")
    return plug


def source(seam: Any, name: str) -> bytes:
    """Return the source of a plug without importing it; b"" where there is none to read.

    Of a long one it is the beginning, which may end before what is looked for.
    """
    (root,) = importlib.import_module(f"keten.{SEAMS[seam]}").__path__
    try:
        file = os.open(f"{root}/{name.replace('-', '_')}.py", os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, _SOURCE)  # all of them are asked for: a third of what open takes
    except OSError:
        return b""
    finally:
        os.close(file)


@cache
def _names(folder: str) -> tuple[str, ...]:
    (root,) = importlib.import_module(f"keten.{folder}").__path__
    return tuple(sorted(_walk(root, "")))


@cache
def _load(folder: str, attribute: str, name: str) -> Any:
    if name not in _names(folder):
        raise KeyError(name)
    path = name.replace("/", ".").replace("-", "_")
    return getattr(importlib.import_module(f"keten.{folder}.{path}"), attribute)


def _walk(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            if entry.is_dir():
                yield from _walk(entry.path, f"{prefix}{entry.name}/")
            elif entry.name.endswith(".py"):
                yield prefix + entry.name.removesuffix(".py").replace("_", "-")
