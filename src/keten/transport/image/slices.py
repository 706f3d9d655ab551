"""Views of stored bytes: a part of an open file, read by offset, so that several go on at once."""

import os
import stat
from pathlib import Path
from typing import Self

from keten.errors import CeilingError, InputError


class Slice:
    """*size* bytes of the file *descriptor* from *offset*: Bytes, and a context manager.

    *owned*: the file is closed with it.
    """

    __slots__ = ("_at", "_descriptor", "_end", "_owned")

    def __init__(self, descriptor: int, offset: int, size: int, *, owned: bool = False) -> None:
        self._descriptor = descriptor
        self._at = offset
        self._end = offset + size
        self._owned = owned

    def read(self, size: int = -1, /) -> bytes:
        """Return at most *size* bytes; ``b""`` at the end. OSError where the file broke off."""
        left = self._end - self._at
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        data = os.pread(self._descriptor, wanted, self._at)
        if not data:
            raise OSError(f"the file ends {left} bytes before its end")
        self._at += len(data)
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned:
            os.close(self._descriptor)
            self._owned = False


def open_regular(path: Path, *, follow: bool = False) -> tuple[int, os.stat_result]:
    """Open a regular file to read; the caller closes it. InputError says why it can not be.

    Links are followed only with *follow* (a path that the user gave); a pipe or device is
    never opened for reading.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise InputError(f"{path.name} can not be opened: {error.strerror}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise InputError(f"{path.name} is no regular file")
    return descriptor, found


def read_whole(descriptor: int, offset: int, size: int, ceiling: int) -> bytes:
    """Return *size* bytes from *offset*, or fewer where the file ends; CeilingError for more."""
    if size > ceiling:
        raise CeilingError(f"{size} bytes where at most {ceiling} are read")
    parts = []
    while size > 0 and (data := os.pread(descriptor, size, offset)):
        parts.append(data)
        offset += len(data)
        size -= len(data)
    return b"".join(parts)


def stamp(path: str, found: os.stat_result, extra: str = "") -> str:
    """Return what changes when the bytes of a file may have."""
    parts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return ":".join((*(f"{part:x}" for part in parts), path, extra))
