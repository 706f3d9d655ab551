"""What decides what is kept: the code that made it, by its digest.

What a layer says rests on the rooms that read; what an image was judged to be, on all of
keten. Which digests those are is kept as well, by what the file system says of the files: they
are read again only where one of them was written, as Python compiles a module again.
"""

import os
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

import msgspec

import keten
from keten.pipeline.cache import Cache, key

# ``cluster`` for what ``derive`` takes of it: which code a fact rests on is not asked one by one.
ROOMS = ("cluster", "derive", "ecosystems", "formats", "graph", "model", "pipeline", "readers",
         "secrets", "transport/image")  # fmt: skip
_CODE = (".py", ".json")
_KNOWN: dict[str, str] = {}
File = tuple[str, int, int, int]
"""Path, size, and the times of the last change of its bytes and of its entry."""


def fingerprint(kept: Cache) -> str:
    """Return a digest of the code that reads layers: no reader can forget to rise."""
    return _digest(kept, keten.__path__[0], ROOMS)


def whole(kept: Cache) -> str:
    """Return a digest of all code of keten: it decides what is judged, and how it is told."""
    return _digest(kept, keten.__path__[0], ())


def _digest(kept: Cache, root: str, rooms: tuple[str, ...]) -> str:
    """Return the digest of the files below *rooms*, without any of all."""
    name = _name(root, rooms)
    known = _KNOWN.get(name)
    if known is None:
        found = kept.get(name)
        known = found.decode() if found and found.isalnum() else _read(root, _within(root, rooms))
        _KNOWN[name] = known
        if not found:
            kept.put(name, known.encode())
    return known


def _read(root: str, files: Sequence[File]) -> str:
    made = blake2b(digest_size=16)
    for path, *_ in files:
        data = Path(path).read_bytes()
        made.update(f"{path.removeprefix(root)}\0{len(data)}\0".encode() + data)
    return made.hexdigest()


@cache
def _name(root: str, rooms: tuple[str, ...]) -> str:
    """Return the key under which a digest is kept: of names, sizes and times."""
    told = msgspec.msgpack.encode(_within(root, rooms))
    return key("code", blake2b(told).hexdigest())


def _within(root: str, rooms: tuple[str, ...]) -> Sequence[File]:
    folders = tuple(f"{root}/{room}/" for room in rooms)
    return [file for file in _files(root) if not rooms or file[0].startswith(folders)]


@cache
def _files(root: str) -> tuple[File, ...]:
    """Return the files of a program, sorted."""
    found: list[File] = []
    folders = [root]
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(_CODE):
                    told = entry.stat()
                    found.append((entry.path, told.st_size, told.st_mtime_ns, told.st_ctime_ns))
                elif "." not in name and name != "__pycache__" and entry.is_dir():
                    folders.append(entry.path)
    return tuple(sorted(found))
