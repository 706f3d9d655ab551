"""A bundle as one file: a tar (POSIX.1-1988, "ustar") of regular files, nothing else.

It is read by its headers alone; links, folders, extensions and other names are refused.
"""

import io
import tarfile
from pathlib import Path

from keten.errors import CeilingError, InputError

MAX_MEMBERS = 2000
_BLOCK = 512
_OCTAL = 8


class Packed:
    """Where the files of a bundle lie in its one file; InputError where it is no bundle."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[str, tuple[int, int]] = {}
        size = path.stat().st_size
        with path.open("rb") as file:
            offset = 0
            while offset < size:
                file.seek(offset)
                head = file.read(_BLOCK)
                if not head.strip(b"\0"):
                    break
                name, length = self._member(head)
                if offset + _BLOCK + length > size:
                    raise InputError(f"{path.name} is cut short")
                if name in self._at:
                    raise InputError(f"{path.name} holds {name} twice")
                self._at[name] = (offset + _BLOCK, length)
                if len(self._at) > MAX_MEMBERS:
                    raise CeilingError(f"{path.name} holds more than {MAX_MEMBERS} files")
                offset += _BLOCK + -(-length // _BLOCK) * _BLOCK
        if not self._at:
            raise InputError(f"{path.name} is no bundle: there is no file in it")

    def read(self, name: str, most: int) -> bytes | None:
        """Return a file of it, None where there is none."""
        if name not in self._at:
            return None
        begin, length = self._at[name]
        if length > most:
            raise CeilingError(f"{name} has {length} bytes; at most {most} are taken")
        with self._path.open("rb") as file:
            file.seek(begin)
            return file.read(length)

    def copy(self, name: str, to: Path, most: int) -> bool:
        """Copy a file out of it; return whether there is one."""
        data = self.read(name, most)
        if data is None:
            return False
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
        return True

    def _member(self, head: bytes) -> tuple[str, int]:
        fault = InputError(f"{self._path.name} is no bundle of keten's")
        if len(head) < _BLOCK or head[257:262] != b"ustar" or head[156:157] not in (b"0", b"\0"):
            raise fault
        spaced = head[:148] + b" " * 8 + head[156:]
        told = _octal(head[148:156])
        length = _octal(head[124:136])
        if told is None or length is None or told != sum(spaced):
            raise fault
        parts = (head[345:500], head[:100])
        name = "/".join(p for p in (_text(part) for part in parts) if p)
        return name, length


def pack(files: dict[str, bytes | Path], to: Path) -> None:
    """Write a bundle's files, in order, as one; the same files make the same bytes."""
    with tarfile.open(to, "w", format=tarfile.USTAR_FORMAT) as made:
        for name in sorted(files):
            found = files[name]
            info = tarfile.TarInfo(name)
            info.size = len(found) if isinstance(found, bytes) else found.stat().st_size
            if isinstance(found, bytes):
                made.addfile(info, io.BytesIO(found))
            else:
                with found.open("rb") as file:
                    made.addfile(info, file)


def _octal(field: bytes) -> int | None:
    text = field.rstrip(b" \0").lstrip(b" ")
    return int(text, _OCTAL) if text and not text.strip(b"01234567") else None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
