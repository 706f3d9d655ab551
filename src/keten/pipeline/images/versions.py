"""What decides what is kept of a layer: the code that reads it, by its digest.

Which digest that is, is kept as well, by what the file system says of the files: they are read
again only where one of them was written, as Python compiles a module again.
"""

import os
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib import import_module
from pathlib import Path

from keten.pipeline.cache import Cache, key

ROOMS = ("derive", "ecosystems", "formats", "graph", "model", "pipeline", "readers", "secrets",
         "transport/image")  # fmt: skip
_KNOWN: dict[str, str] = {}


def fingerprint(kept: Cache) -> str:
    """Return a digest of the code whose answers are kept: no reader can forget to rise."""
    root = str(Path(next(iter(import_module("keten").__path__))))
    name = _name(root)
    known = _KNOWN.get(name)
    if known is None:
        found = kept.get(name)
        known = _KNOWN[name] = found.decode() if found and found.isalnum() else _read(root)
        if not found:
            kept.put(name, known.encode())
    return known


@cache
def _name(root: str) -> str:
    """Return the key under which the digest is kept: of names, sizes and times."""
    told = []
    for entry in _sources(root):
        found = entry.stat()
        told.append(f"{entry.path} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}")
    return key("code", told)


def _read(root: str) -> str:
    made = blake2b(digest_size=16)
    for entry in _sources(root):
        made.update(entry.path.removeprefix(root).encode() + b"\0")
        made.update(Path(entry.path).read_bytes())
    return made.hexdigest()


def _sources(root: str) -> Iterator["os.DirEntry[str]"]:
    for room in ROOMS:
        yield from _below(f"{root}/{room}")


def _below(folder: str) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda found: found.name):
            if entry.name.endswith(".py"):
                yield entry
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _below(entry.path)
