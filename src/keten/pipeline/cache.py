"""What was read once is kept, by the digest of the bytes and the versions of their readers.

One file an entry, written aside and moved into place, so that several processes can share a
folder: whoever comes second writes the same bytes. An entry that is damaged, or that another
version wrote, is as good as none. The oldest entries go when the folder grows too large.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from keten import __version__

CEILING = 2 << 30
"""All entries together, in bytes; the least recently used go first."""
ENTRY = 128 << 20
"""The largest entry, in bytes."""
LEFT_BEHIND = 3600.0
"""Seconds after which a file that was never moved into place is removed."""
_MAGIC = b"keten-cache-1\n"
_SUM = 16


def default_folder() -> Path | None:
    """Return KETEN_CACHE, or keten in XDG_CACHE_HOME; None where caching is off or homeless."""
    named = os.environ.get("KETEN_CACHE")
    if named is not None:
        return Path(named) if named else None
    home = os.environ.get("XDG_CACHE_HOME") or ""
    if not home.startswith("/"):
        try:
            home = str(Path.home() / ".cache")
        except RuntimeError:
            return None
    return Path(home) / "keten"


def key(*parts: str | Iterable[str]) -> str:
    """Return the name of an entry: of what it was made from, and of this version of keten."""
    made = blake2b(digest_size=20)
    for part in (__version__, *parts):
        words = (part,) if isinstance(part, str) else tuple(part)
        for word in (str(len(words)), *words):
            data = word.encode("utf-8", "surrogateescape")
            made.update(len(data).to_bytes(8, "little") + data)
    return made.hexdigest()


class Cache:
    """Entries below *folder*; with None nothing is kept. No fault of the disk is ever raised."""

    def __init__(self, folder: Path | None, ceiling: int = CEILING) -> None:
        self.folder = folder
        self._ceiling = ceiling
        self._wrote = False

    def get(self, name: str) -> bytes | None:
        """Return an entry's bytes; None where there is none that is whole."""
        if self.folder is None:
            return None
        path = self._path(name)
        try:
            with path.open("rb") as stream:
                data = stream.read(ENTRY + len(_MAGIC) + _SUM + 1)
            os.utime(path)
        except OSError:
            return None
        start = len(_MAGIC) + _SUM
        body = data[start:]
        if data[:start] == _MAGIC + _sum(body):
            return body
        with suppress(OSError):
            path.unlink()
        return None

    def put(self, name: str, data: bytes) -> None:
        """Keep an entry, where there is room for it."""
        if self.folder is None or len(data) > min(ENTRY, self._ceiling):
            return
        path = self._path(name)
        aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with aside.open("wb") as stream:
                stream.write(_MAGIC + _sum(data))
                stream.write(data)
            aside.replace(path)
        except OSError:
            with suppress(OSError):
                aside.unlink()
            return
        self._wrote = True

    def trim(self) -> None:
        """Remove the least recently used entries beyond the ceiling, and what was left behind.

        Call it once at the end of a run: it looks at every entry where something was written.
        """
        if not self._wrote or self.folder is None:
            return
        self._wrote = False
        found = sorted(_entries(self.folder))
        total = sum(size for _, size, _ in found)
        now = time.time()
        for when, size, path in found:
            unfinished = Path(path).name.startswith(".")
            if total <= self._ceiling and not unfinished:
                continue
            if unfinished and now - when < LEFT_BEHIND:
                continue
            with suppress(OSError):
                Path(path).unlink()
            total -= size

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / "1" / name[:2] / name[2:]


def _sum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()


def _entries(folder: Path) -> Iterator[tuple[float, int, str]]:
    """Yield (last used, bytes, path) of every file of the cache."""
    with suppress(OSError), os.scandir(folder / "1") as parts:
        for part in parts:
            with suppress(OSError), os.scandir(part.path) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    yield found.st_mtime, found.st_size, entry.path
