r"""The files of a directory: walked once, opened safely, never outside the root.

Symbolic links are not followed; devices, pipes and sockets are not opened. What is passed
over is told: nothing is silently skipped.
"""

import os
import stat
from collections.abc import Callable
from fnmatch import translate
from pathlib import Path
from re import compile as pattern

from msgspec import Struct

from keten.model.evidence import Link, Problem

ENTRIES = 2_000_000
"""The most files and folders of one target."""
DEPTH = 200
"""The deepest folder below the root."""
BYTES = 64 << 20
"""The largest file that is read, in bytes."""

DEPENDENCY_FOLDERS = frozenset(
    {
        "node_modules", "bower_components", ".venv", "venv", ".tox", ".nox", "__pycache__",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".terraform", ".gradle",
        "site-packages", ".eggs", ".cache",
    }
)  # fmt: skip
"""Folders that tools fill and that are not source; told as passed over, unless tracked."""
INTERNAL_FOLDERS = frozenset({".git", ".hg", ".svn", ".jj"})
"""Version control's own; the git collector reads history."""


class Entry(Struct, frozen=True, order=True):
    """A regular file: *path* as told (UTF-8, ``/``), *size* in bytes, *mode* permission bits."""

    path: str
    size: int
    mode: int


class Passed(Struct, frozen=True, order=True):
    """A folder that was not walked, and why."""

    path: str
    why: str


class Tree:
    """A walked directory. It is Files (keten.model.plug) for readers."""

    def __init__(
        self,
        root: Path,
        *,
        exclude: tuple[str, ...] = (),
        tracked: Callable[[str], bool] | None = None,
    ) -> None:
        self.root = root
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.passed: list[Passed] = []
        self.links: dict[str, str] = {}
        self._raw: dict[str, str] = {}
        self._known: set[str] = set()
        self._tracked = tracked or (lambda _: False)
        joined = "|".join(translate(glob) for glob in exclude)
        self._excluded = pattern(joined).match if joined else None
        if root.is_dir():
            self._walk()
        else:
            self._single(root)
        self.entries.sort()
        self.problems.sort()
        self.passed.sort()

    def exists(self, path: str) -> bool:
        """See Files."""
        return path in self._known

    def read(self, path: str) -> bytes | None:
        """See Files."""
        if path not in self._known:
            return None
        try:
            return self.open(path)
        except OSError:
            return None

    def open(self, path: str, ceiling: int = BYTES) -> bytes:
        """Return the bytes of a walked file, at most *ceiling* of them; OSError else."""
        name = os.path.join(self.root, self._raw.get(path, path))  # noqa: PTH118 a surrogate name
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(name, flags)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise OSError("it is no longer a regular file")
            size = min(found.st_size, ceiling)
            parts = []
            while size > 0 and (part := os.read(handle, size)):
                parts.append(part)
                size -= len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            os.close(handle)

    def _single(self, file: Path) -> None:
        self.root = file.parent
        found = file.lstat()
        if stat.S_ISREG(found.st_mode):
            self._add(file.name, found)
        else:
            self._problem(_told(file.name), "not a regular file or folder: not opened")

    def _walk(self) -> None:
        pending = [("", 0)]
        count = 0
        while pending:
            folder, depth = pending.pop()
            try:
                with os.scandir(os.path.join(self.root, folder)) as found:  # noqa: PTH118 as above
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self._problem(_told(folder), f"folder can not be read: {error.strerror}")
                continue
            count += len(entries)
            if count > ENTRIES:
                self._problem(
                    _told(folder), f"more than {ENTRIES:,} files: the rest is not looked at"
                )
                return
            for entry in entries:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if (below := self._enter(entry, name, depth)) is not None:
                    pending.append((below, depth + 1))

    def _enter(self, entry: os.DirEntry[str], name: str, depth: int) -> str | None:
        """Take in one directory entry; return its name when it is a folder to walk."""
        told = _told(name)
        if self._excluded and self._excluded(told):
            self.passed.append(Passed(told, "excluded by policy"))
            return None
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._problem(told, f"can not be looked at: {error.strerror}")
            return None
        kind = stat.S_IFMT(found.st_mode)
        if kind == stat.S_IFDIR:
            if entry.name in INTERNAL_FOLDERS:
                return None
            if entry.name in DEPENDENCY_FOLDERS and not self._tracked(told + "/"):
                self.passed.append(Passed(told, "filled by a tool, not source"))
                return None
            if depth >= DEPTH:
                self._problem(told, f"folders deeper than {DEPTH} are not walked")
                return None
            return name
        if kind == stat.S_IFREG:
            self._add(name, found)
        elif kind == stat.S_IFLNK:
            self._link(name, told)
        else:
            self._problem(told, f"a {_KINDS.get(kind, 'special file')} is not opened")
        return None

    def _add(self, name: str, found: os.stat_result) -> None:
        told = _told(name)
        if told != name:
            self._raw[told] = name
        self._known.add(told)
        self.entries.append(Entry(told, found.st_size, stat.S_IMODE(found.st_mode)))

    def _link(self, name: str, told: str) -> None:
        try:
            to = os.readlink(os.path.join(self.root, name))  # noqa: PTH115, PTH118 as above
        except OSError as error:
            self._problem(told, f"symbolic link can not be read: {error.strerror}")
            return
        self.links[told] = _told(to)

    def _problem(self, path: str, what: str) -> None:
        self.problems.append(
            Problem(
                path,
                what,
                link=Link.SOURCE,
                need="content",
                advice="Make it readable, or "
                "exclude it in keten.toml ([paths] exclude) if it is not yours to judge.",
            )
        )


_KINDS = {
    stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket", stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}  # fmt: skip


def leads_out(path: str, to: str) -> bool:
    """Return whether a symbolic link at *path* (relative to the root) leads out of the root."""
    if to.startswith("/"):
        return True
    depth = path.count("/")
    for part in to.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


def _told(name: str) -> str:
    r"""Return *name* as text that every output can carry; bytes that are no UTF-8 as ``\\xNN``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
