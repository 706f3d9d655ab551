"""What is kept beside a database: ``<database>.state/``, never needed to read it.

``installed.json``  which signed bundle the database is (absent where it was made here)
``trust/``          the roots, timestamp, snapshot and targets that are believed
``update.json``     what ``keten db update`` has, by URL, and with which ETag
``parts/``          downloads that were cut off
``lock``            held while the database is renewed
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from keten.errors import DataError

MAX_STATE = 8 << 20


class Installed(Struct, frozen=True):
    """The bundle that was pulled. *until* (RFC 3339): when the first of its signatures ends."""

    content: str
    version: int
    signers: tuple[str, ...]
    until: str


_INSTALLED = msgspec.json.Decoder(Installed)


def folder(database: Path) -> Path:
    """Return the folder of state of a database."""
    return database.with_name(f"{database.name}.state")


def stamp(database: Path) -> str:
    """Return what changes when a database may have, or which bundle it is; "" without one."""
    try:
        told = [str(database), _told(database)]
    except OSError:
        return ""
    try:
        told.append(_told(folder(database) / "installed.json"))
    except OSError:
        told.append("made here")
    kept = folder(database) / "trust"  # what a demand for a signed bundle is judged by
    try:
        told += [f"{path.name} {_told(path)}" for path in sorted(kept.glob("*.json"))]
    except OSError:
        return ""
    return "\0".join(told)


def _told(file: Path) -> str:
    found = file.stat()
    parts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return ":".join(f"{part:x}" for part in parts)


def installed(database: Path) -> Installed | None:
    """Return which bundle a database was pulled from; DataError where that can not be read."""
    data = read(folder(database) / "installed.json")
    if data is None:
        return None
    try:
        found = _INSTALLED.decode(data)
        date.fromisoformat(found.until[:10])
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise DataError(
            f"{database.name}.state/installed.json can not be read: {error}",
            advice="keten db verify tells more; keten db pull puts it right.",
        ) from error
    return found


def install(database: Path, found: Installed) -> None:
    """Keep which bundle a database is."""
    write(folder(database) / "installed.json", msgspec.json.encode(found))


def detach(database: Path) -> None:
    """Say that a database is no bundle any more; what is believed of its source stays."""
    (folder(database) / "installed.json").unlink(missing_ok=True)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Keep other processes from renewing a database meanwhile; DataError where one does."""
    import fcntl

    path = folder(database) / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataError(
                f"{database} is being renewed by another process", advice="Wait until it is done."
            ) from error
        yield


def read(path: Path) -> bytes | None:
    """Return what was kept, None where nothing was; DataError where it is too large to be ours."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_STATE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(f"{path} can not be read: {error.strerror}") from error
    if len(data) > MAX_STATE:
        raise DataError(f"{path} is larger than {MAX_STATE} bytes")
    return data


def write(path: Path, data: bytes) -> None:
    """Write a file in one step."""
    import tempfile  # a scan reads state and writes none

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keten-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
