"""A root filesystem that lies in a folder: read as if it were the one layer of an image.

Each folder is opened in its parent and each file in its folder, links never followed, so that
nothing outside is opened even if someone moves things meanwhile. Devices, pipes and sockets
are named and not opened. What the kernel mounts at ``proc`` and ``sys`` is no part of it.
"""

import os
import stat
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from keten.errors import CeilingError, InputError
from keten.formats.archives import members as kinds
from keten.formats.archives.members import Builder, clean, owner, told
from keten.formats.archives.tar import ENTRIES, HEAD, NAMES, ROOM, weight
from keten.model.evidence import Link, Problem
from keten.transport.image.layers import FullError, LayerRecord, Picker
from keten.transport.image.room import HOLES, KEPT, PIECE
from keten.transport.image.spool import LARGEST, Content

DEPTH = 250
"""The deepest folder: each one on the way is held open."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: kinds.SYMLINK, stat.S_IFIFO: kinds.PIPE, stat.S_IFCHR: kinds.CHARACTER,
    stat.S_IFBLK: kinds.BLOCK,
}  # fmt: skip
_KERNEL = frozenset({"proc", "sys"})
_ADVICE = "Run keten as a user that may read it, or scan the image instead."


class Rootfs:
    """A folder that holds a root filesystem. Use it as a context; OSError where it is none."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def read(self, picker: Picker) -> LayerRecord:
        """Return all that is in it as one layer, without digests; never raises for a file."""
        return _Reading(self._root, picker).run()

    def fetch(self, record: LayerRecord, members: set[int]) -> dict[int, bytes]:
        """Return the content of regular files by their index in *record*.

        Files that are no longer there, or can not be read, are absent. CeilingError above
        KEPT bytes of them together.
        """
        paths = record.members.names.split(b"\0")
        found: dict[int, bytes] = {}
        room = KEPT
        for member in sorted(members):
            try:
                with _Opened(self._root, paths[member]) as (handle, size):
                    if size > room:
                        raise CeilingError(f"files of more than {KEPT >> 20} MB are asked for")
                    found[member] = b"".join(_parts(handle, size))
                    room -= size
            except OSError:
                continue
        return found


class _Opened:
    """A regular file below *root*, opened part by part: (handle, size). OSError."""

    def __init__(self, root: int, path: bytes) -> None:
        self._root = root
        self._path = path
        self._handle = -1

    def __enter__(self) -> tuple[int, int]:
        *folders, name = clean(self._path).split(b"/")
        at = os.dup(self._root)
        try:
            for folder in folders:
                below = os.open(folder, _FLAGS | os.O_DIRECTORY, dir_fd=at)
                os.close(at)
                at = below
            self._handle = os.open(name, _FLAGS, dir_fd=at)
        finally:
            os.close(at)
        status = os.fstat(self._handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._handle)
            raise OSError("it is no longer a regular file")
        return self._handle, status.st_size

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


class _Reading:
    """One walk of a root."""

    def __init__(self, root: int, picker: Picker) -> None:
        self._root, self._picker = root, picker
        self._device = os.fstat(root).st_dev
        self._into = Builder()
        self._kept: dict[int, dict[str, bytes]] = {}
        self._problems: list[Problem] = []
        self._complete = True
        self._linked: dict[tuple[int, int], bytes] = {}
        self._owners: dict[tuple[int, int, int], array[int]] = {}
        self._bytes = self._holes = 0

    def run(self) -> LayerRecord:
        """Return the record."""
        pending = [(os.dup(self._root), b"", self._names(self._root, b""))]
        try:
            while pending:
                handle, folder, entries = pending[-1]
                for entry in entries:
                    if (below := self._take(entry, handle, folder, len(pending))) is not None:
                        pending.append(below)
                        break
                else:
                    os.close(pending.pop()[0])
        except CeilingError as error:
            self._failed("", error.what)
        finally:
            for handle, _, _ in pending:
                os.close(handle)
        return LayerRecord(
            "",
            0,
            "",
            0,
            self._into.members(),
            self._kept,
            tuple(self._problems),
            (),
            self._complete,
        )

    def _names(self, handle: int, folder: bytes) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(handle) as found:
                return iter(sorted(found, key=lambda entry: entry.name))
        except OSError as error:
            self._failed(told(folder), f"the folder can not be read: {error.strerror}")
            return iter(())

    def _take(
        self, entry: os.DirEntry[str], handle: int, folder: bytes, depth: int
    ) -> tuple[int, bytes, Iterator[os.DirEntry[str]]] | None:
        """Take in one name; return what is to be walked next where it is a folder."""
        name = os.fsencode(entry.name)
        path = folder + b"/" + name if folder else name
        try:
            status = entry.stat(follow_symlinks=False)
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFDIR:
                self._add(path, kinds.FOLDER, status)
                if depth == 1 and entry.name in _KERNEL and status.st_dev != self._device:
                    return None
                if depth >= DEPTH:
                    self._failed(told(path), f"folders deeper than {DEPTH} are not walked")
                    return None
                below = os.open(entry.name, _FLAGS | os.O_DIRECTORY, dir_fd=handle)
                return below, path, self._names(below, path)
            if kind == stat.S_IFREG:
                self._file(entry.name, path, handle, status)
            elif kind in _KINDS:
                link = kind == stat.S_IFLNK
                target = os.fsencode(os.readlink(entry.name, dir_fd=handle)) if link else b""
                self._add(path, _KINDS[kind], status, target)
        except OSError as error:
            self._failed(told(path), f"can not be read: {error.strerror or error}")
        except CeilingError:
            raise
        except InputError as error:
            self._failed(told(path), error.what)
        return None

    def _add(self, path: bytes, kind: int, status: os.stat_result, target: bytes = b"") -> int:
        key = status.st_mode, status.st_uid, status.st_gid
        held = self._owners.get(key)
        if held is None:
            held = self._owners[key] = owner(*key)
        size = status.st_size if kind == kinds.FILE else 0
        index = self._into.add(path, kind, size, held, target)
        names = self._into.weight()
        if index >= ENTRIES or names > NAMES or weight(index, names) + self._bytes > ROOM:
            raise CeilingError(f"more than {index:,} files: the rest is not looked at")
        return index

    def _file(self, name: str, path: bytes, folder: int, status: os.stat_result) -> None:
        if status.st_nlink > 1:
            key = status.st_dev, status.st_ino
            if (first := self._linked.setdefault(key, path)) is not path:
                self._add(path, kinds.HARDLINK, status, first)
                return
        index = self._add(path, kinds.FILE, status)
        shown, mode = told(path), stat.S_IMODE(status.st_mode)
        if not status.st_size:
            if self._picker.wants(shown, 0, mode, b""):
                self._keep(index, shown, b"")
            return
        handle = os.open(name, _FLAGS, dir_fd=folder)
        try:
            if mode & 0o111 and _capable(handle):
                self._into.capable(index)
            size = os.fstat(handle).st_size
            if self._picker.wants(shown, size, mode, os.pread(handle, HEAD, 0)):
                self._holes += max(0, size - status.st_blocks * 512)
                if size > LARGEST or self._holes > HOLES:
                    what = f"is not looked into: {size:,} bytes, or holes, are more than are read"
                    self._complete = False
                    self._problem(shown, what, "Find out who made such a file, and remove it.")
                    return
                with Content(size, enumerated(_parts(handle, size))) as data:
                    self._keep(index, shown, data)
        finally:
            os.close(handle)

    def _keep(self, index: int, path: str, data: Any) -> None:
        try:
            kept = self._picker.take(path, data)
        except FullError:
            raise
        except InputError as error:
            self._problem(path, error.what, error.advice)
            return
        if kept:
            self._bytes += sum(map(len, kept.values())) + PIECE
            if self._bytes > KEPT:
                raise CeilingError(f"more than {KEPT >> 20} MB of it would be kept")
            self._kept[index] = kept

    def _failed(self, path: str, what: str) -> None:
        self._complete = False
        self._problem(path, what, _ADVICE)

    def _problem(self, path: str, what: str, advice: str) -> None:
        self._problems.append(Problem(path, what, link=Link.IMAGE, need="content", advice=advice))


def enumerated(parts: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each part with the offset at which it begins."""
    at = 0
    for part in parts:
        yield at, part
        at += len(part)


def _parts(handle: int, size: int) -> Iterator[bytes]:
    """Yield at most *size* bytes of an open file from its start."""
    at = 0
    while at < size and (part := os.pread(handle, min(size - at, 1 << 20), at)):
        yield part
        at += len(part)


def _capable(handle: int) -> bool:
    """Return whether an open file has capabilities, where the system can say so."""
    ask = getattr(os, "getxattr", None)
    if ask is None:
        return False
    try:
        return bool(ask(handle, "security.capability"))
    except OSError:
        return False
