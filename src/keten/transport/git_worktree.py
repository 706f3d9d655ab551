"""Which tracked files differ from the index: what ``git status`` asks, without git.

Git would ask the repository's own filters and fsmonitor, which are programs. Here stat data
decide first, as with git, and content where they differ. A file whose size, mode and time
are all as recorded is taken to be unchanged, as git takes it.
"""

import os
import stat
from pathlib import Path

from keten.formats.git import IndexEntry, name_of
from keten.transport.git import Checkout, read_small

ENTRIES = 20_000
"""The most tracked files that are looked at; with more, the number is not known."""
HASHED = 32 << 20
"""The most bytes that are hashed before the number counts as not known."""
FILE = 16 << 20
"""The largest file that is hashed, in bytes."""

_FILTERS = (b"filter=", b"ident", b"working-tree-encoding")
_LINK, _MODULE, _EXECUTABLE, _KIND = 0o120000, 0o160000, 0o100, 0o170000


def modified(checkout: Checkout, entries: tuple[IndexEntry, ...], within: Path) -> int | None:
    """Return how many files tracked below *within* differ, or None where that is not known."""
    prefix = os.fsencode(os.path.relpath(within, checkout.root)) + b"/"
    mine = [e for e in entries if prefix == b"./" or e.path.startswith(prefix)]
    if len(mine) > ENTRIES:
        return None
    try:
        saved = (checkout.own / "index").lstat().st_mtime_ns
    except OSError:
        return None
    suspects: list[tuple[IndexEntry, bool]] = []
    folders: dict[bytes, bool] = {}
    root = os.fsencode(checkout.root)
    modes = checkout.config.get("core.filemode", "true").lower() != "false"
    for entry in mine:
        if entry.skipped or entry.mode & _KIND in (_MODULE, 0o040000):
            continue
        fate = _stat(root, entry, folders, saved=saved, modes=modes)
        if fate is not None:
            suspects.append((entry, fate))
    return _compare(checkout, mine, suspects)


def _stat(
    root: bytes, entry: IndexEntry, folders: dict[bytes, bool], *, saved: int, modes: bool
) -> bool | None:
    """Return None where unchanged, True where surely changed, False where content decides."""
    folder = entry.path.rpartition(b"/")[0]
    inside = folders.get(folder)
    if inside is None:
        real = os.path.realpath(root + b"/" + folder) if folder else root
        inside = folders[folder] = real == (root + b"/" + folder if folder else root)
    if not inside or entry.path.startswith(b"/"):
        return True
    try:
        found = os.lstat(root + b"/" + entry.path)
    except (OSError, ValueError):
        return True
    link = entry.mode & _KIND == _LINK
    if link != stat.S_ISLNK(found.st_mode) or not (link or stat.S_ISREG(found.st_mode)):
        return True
    if modes and not link and bool(found.st_mode & _EXECUTABLE) != bool(entry.mode & _EXECUTABLE):
        return True
    if entry.size and found.st_size & 0xFFFFFFFF != entry.size:
        return True
    recorded = entry.seconds * 10**9 + entry.nanoseconds
    same = found.st_mtime_ns == recorded or (
        entry.nanoseconds == 0 and found.st_mtime_ns // 10**9 == entry.seconds
    )
    # git's "racy" rule: a file changed in the instant in which the index was written looks clean.
    return None if same and entry.size and recorded < saved else False


def _compare(
    checkout: Checkout, mine: list[IndexEntry], suspects: list[tuple[IndexEntry, bool]]
) -> int | None:
    count = sum(sure for _, sure in suspects)
    hashed = 0
    filtered: bool | None = None
    for entry, sure in suspects:
        if sure:
            continue
        path = checkout.root / os.fsdecode(entry.path)
        data = _content(path, link=entry.mode & _KIND == _LINK)
        if data is None or (hashed := hashed + len(data)) > HASHED:
            return None
        if entry.hash in _names(data, checkout.algorithm):
            continue
        if filtered is None:
            filtered = _filtered(checkout, mine)
        if filtered:
            return None
        count += 1
    return count


def _content(path: Path, *, link: bool) -> bytes | None:
    try:
        return os.fsencode(path.readlink()) if link else read_small(path, FILE)
    except OSError:
        return None


def _names(data: bytes, algorithm: str) -> set[str]:
    """Return the blob's names as it stands and with the line ends that git may have changed."""
    names = {name_of("blob", data, algorithm=algorithm)}
    if b"\r\n" in data:
        names.add(name_of("blob", data.replace(b"\r\n", b"\n"), algorithm=algorithm))
    return names


def _filtered(checkout: Checkout, mine: list[IndexEntry]) -> bool:
    """Return whether some file of attributes sets a filter that changes content."""
    places = [checkout.root / os.fsdecode(e.path) for e in mine if _is_attributes(e.path)]
    for path in (*places, checkout.common / "info" / "attributes"):
        data = read_small(path, FILE) or b""
        if any(mark in data for mark in _FILTERS):
            return True
    return False


def _is_attributes(path: bytes) -> bool:
    return path.rpartition(b"/")[2] == b".gitattributes"
