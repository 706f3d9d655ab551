"""The content of one file, for a while: in memory where it is small, else as a mapping."""

import os
from collections.abc import Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from typing import Any

from keten.errors import CeilingError

SPOOL = 32 << 20
"""The largest file that is held in memory; larger ones lie in a file without a name."""
LARGEST = 1 << 30
"""The largest file that is handed out, holes and all."""


class Content:
    """A file of *size* bytes from *parts*, (offset, bytes) in order; what they leave is zeros.

    A context that gives bytes, or an ``mmap``. CeilingError for one above LARGEST.
    """

    def __init__(self, size: int, parts: Iterator[tuple[int, bytes]]) -> None:
        self._size, self._parts = size, parts
        self._map: mmap | None = None

    def __enter__(self) -> Any:
        if self._size > LARGEST:
            raise CeilingError(f"{self._size:,} bytes is more than the {LARGEST:,} that are read")
        if self._size > SPOOL:
            return self._mapped()
        found: list[bytes] = []
        at = 0
        for offset, part in self._parts:
            if offset > at:
                found.append(bytes(offset - at))
            found.append(part)
            at = offset + len(part)
        if at < self._size:
            found.append(bytes(self._size - at))
        return found[0] if len(found) == 1 else b"".join(found)

    def _mapped(self) -> mmap:
        with TemporaryFile(buffering=0) as spool:
            spool.truncate(self._size)
            for at, part in self._parts:
                done = 0
                while done < len(part):
                    done += os.pwrite(spool.fileno(), part[done:] if done else part, at + done)
            self._map = mmap(spool.fileno(), 0, access=ACCESS_READ)
        return self._map

    def __exit__(self, *_: object) -> None:
        if self._map is not None:
            with suppress(BufferError):  # a taker holds on to a view: the mapping goes with that
                self._map.close()
