"""Objects of one resource as they come, written in order of namespace and name."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from keten.errors import InputError
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.snapshot import File
from keten.transport.kube.discovery import Served
from keten.transport.kube.lists import Page

HELD = 8 << 20
"""Bytes of one resource's objects that are held in memory; beyond, they lie in a file."""


class Spool:
    """What several lists of one resource hold; a list that fails leaves nothing behind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._index: list[tuple[tuple[str, str], int, int]] = []
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 closed on exit
        self._at = 0
        self._begun = (0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def names(self) -> list[tuple[str, str]]:
        """Return the namespace and name of each object, sorted."""
        return sorted(key for key, _, _ in self._index)

    def begin(self) -> None:
        """Begin a list: what is there stays, whatever becomes of this one."""
        self._begun = (len(self._index), self._at)

    def forget(self) -> None:
        """Forget the list that was begun last."""
        count, self._at = self._begun
        del self._index[count:]
        self._file.seek(self._at)
        self._file.truncate()

    def take(self, page: Page) -> None:
        """Keep a page; the first page of a list that began anew forgets what was kept of it."""
        if page.first:
            self.forget()
        for item in page.items:
            self.add(item)

    def add(self, item: bytes) -> None:
        """Keep an object, without what a snapshot leaves out; InputError for what is none."""
        try:
            value: Any = msgspec.json.decode(item)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"an object that is no JSON: {str(error)[:200]}") from error
        if not isinstance(value, dict):
            raise InputError("a list that holds something else than objects")
        key, kept = snapshot.lean(value, self._kind)
        data = msgspec.json.encode(kept)
        self._file.write(data)
        self._index.append((key, self._at, len(data)))
        self._at += len(data)

    def write(self, folder: Path, served: Served) -> Iterator[File]:
        """Write what was kept as Lists below *folder*; yield each file."""
        where = snapshot.folder_of(served.group, served.version)
        for number, batch in enumerate(_batches(self._sorted()), 1):
            path = f"{where}/{served.plural}.{number:04}.json"
            data = snapshot.as_list(served.group, served.version, self._kind, batch)
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            yield File(path, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))

    def _sorted(self) -> Iterator[bytes]:
        for _, at, size in sorted(self._index):
            self._file.seek(at)
            yield self._file.read(size)


def _batches(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for item in items:
        if batch and (len(batch) >= snapshot.ITEMS or size + len(item) > snapshot.BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item)
    if batch:
        yield batch
