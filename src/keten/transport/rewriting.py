"""Files written anew: in one step, with the mode they had, and only where they are as they were."""

import os
import stat
from pathlib import Path

from keten.errors import InputError

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def rewrite(root: Path, path: str, old: bytes, new: bytes) -> None:
    """Put *new* in place of the file at *path* below *root*, which must hold *old*.

    No symbolic link below *root* is followed. InputError where the file is another by now, or
    can not be written; it is then as it was.
    """
    *folders, name = path.split("/")
    opened: list[int] = []
    try:
        at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        opened.append(at)
        for folder in folders:
            at = os.open(folder, _DIRECTORY, dir_fd=at)
            opened.append(at)
        _replace(at, path, name, old=old, new=new)
    except OSError as error:
        raise InputError(f"{path} is not written: {error.strerror or error}") from error
    finally:
        for handle in opened:
            os.close(handle)


def _replace(folder: int, path: str, name: str, *, old: bytes, new: bytes) -> None:
    mode = _mode(folder, path, name, old)
    made = f".{name[:100]}.keten-{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(made, flags, 0o600, dir_fd=folder)
    done = False
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(new)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        _mode(folder, path, name, old)  # as late as can be
        os.replace(made, name, src_dir_fd=folder, dst_dir_fd=folder)
        done = True
    finally:
        if not done:
            os.unlink(made, dir_fd=folder)


def _mode(folder: int, path: str, name: str, old: bytes) -> int:
    """Return the file's permission bits; InputError where it is not as it was read."""
    handle = os.open(
        name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
    )
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or stream.read(len(old) + 1) != old:
            raise InputError(
                f"{path} is not written: it changed meanwhile", advice="Run the command again."
            )
    return stat.S_IMODE(found.st_mode)
