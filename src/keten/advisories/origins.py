"""Where a bundle is pulled from: a folder, one file, a web server, an OCI registry.

Each gives files of a TUF repository by their path (``metadata/…``, ``targets/…``); nothing that
it gives is believed here.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from keten.advisories.packed import Packed
from keten.errors import CeilingError, NetworkError, UsageError
from keten.transport.download import Download, Told
from keten.transport.http import Client

if TYPE_CHECKING:
    from keten.transport.image.exchange import Access

_ABSENT = (403, 404, 410)
_OK = 200


class Origin(Protocol):
    """Files by path. Both raise CeilingError where a file has more than *most* bytes."""

    def get(self, path: str, most: int) -> bytes | None:
        """Return a small file, None where there is none."""

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Bring a file to *to*; return whether there is one."""


class Folder:
    """A folder, as ``keten db export`` writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str, most: int) -> bytes | None:
        """Return a small file."""
        file = self._folder / path
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            data = opened.read(most + 1)
        if len(data) > most:
            raise CeilingError(f"{path} has more than {most} bytes")
        return data

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Copy a file."""
        file = self._folder / path
        if not file.is_file():
            return False
        if file.stat().st_size > most:
            raise CeilingError(f"{path} has {file.stat().st_size} bytes; at most {most} are taken")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
        return True


class File:
    """A bundle in one file."""

    def __init__(self, path: Path) -> None:
        self._packed = Packed(path)

    def get(self, path: str, most: int) -> bytes | None:
        """Return a small file."""
        return self._packed.read(path, most)

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Copy a file out."""
        return self._packed.copy(path, to, most)


class Web:
    """A web server that serves such a folder."""

    def __init__(self, url: str, client: Client, tell: Told) -> None:
        client.allowed(url)
        self._tell = tell
        self._url = url.rstrip("/")
        self._client = client

    def get(self, path: str, most: int) -> bytes | None:
        """Return a small file."""
        with self._client.get(f"{self._url}/{path}") as answer:
            if answer.status in _ABSENT:
                return None
            if answer.status != _OK:
                raise NetworkError(f"{answer.url}: {answer.status}", status=answer.status)
            return answer.read(most)

    def bring(self, path: str, to: Path, most: int) -> bool:
        """Download a file; what was cut off is continued."""
        try:
            Download(self._client, most, tell=self._tell).get(f"{self._url}/{path}", to)
        except NetworkError as error:
            if error.status in _ABSENT:
                return False
            raise
        return True


def find(
    text: str,
    client: Client,
    access: "Access | None" = None,
    *,
    tell: Told = lambda _done, _whole: None,
) -> Origin:
    """Return the origin that a user names; *access* is how registries are asked."""
    if text.startswith(("http://", "https://")):
        return Web(text, client, tell)
    if text.startswith("oci://"):
        from keten.advisories.oci import Registry

        return Registry(text.removeprefix("oci://"), access)
    path = Path(text)
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return File(path)
    raise UsageError(
        f"{text}: no such file or folder",
        advice="A bundle comes from a folder, a file, https://… or oci://…",
    )
