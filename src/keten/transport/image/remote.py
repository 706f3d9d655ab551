"""An image in a registry, or in the first of its mirrors that has it.

A blob that breaks off is asked for again from where it broke. What comes is bounded by the size
that the manifest tells; whoever reads it checks the digest.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Self, TypeVar

from keten.errors import InputError, NetworkError, UsageError
from keten.formats.oci.records import Descriptor, Platform
from keten.model.delivery import Image
from keten.transport.http import Answer
from keten.transport.image import resolve
from keten.transport.image.exchange import BACK_OFF, Access
from keten.transport.image.registry import Client
from keten.transport.image.source import LayerRef

RESUMES = 5
"""How often a blob is asked for again where it broke off."""
UNTOLD = 16 << 30
"""The largest blob whose size nothing tells, in bytes."""
_PART = 206
_FROM = re.compile(r"bytes (\d{1,18})-")
_MIRROR = re.compile(r"(?:([^=/\s]+)=)?(?:https?://)?([^=/\s]+)(/[^=\s]*)?")
_T = TypeVar("_T")


class Remote:
    """The blobs of a repository: a ``resolve.Store``. *clients* are asked in their order."""

    def __init__(self, clients: Sequence[Client], repository: str, access: Access) -> None:
        self._clients = list(clients)
        self._repository = repository
        self._access = access
        self._kept: dict[str, bytes] = {}

    def start(self, image: Image) -> tuple[Descriptor, str]:
        """Return what a reference points to, and who says so; NetworkError where nobody does."""
        if image.digest:
            return Descriptor("", image.digest), "the reference"
        return self.first(lambda one: (self._tagged(one, image.tag), one.name))

    def first(self, ask: Callable[[Client], _T]) -> _T:
        """Return the first answer; who gave it is asked first from then on."""
        for number, client in enumerate(self._clients):
            try:
                found = ask(client)
            except NetworkError:
                if number + 1 == len(self._clients):
                    raise
                continue
            self._clients.insert(0, self._clients.pop(number))
            return found
        raise NetworkError("there is no registry to ask")

    def _tagged(self, client: Client, tag: str) -> Descriptor:
        if found := client.head_manifest(self._repository, tag):
            return found
        got = client.get_manifest(self._repository, tag, checked=False)
        name = got.told or got.digest
        self._kept[name] = got.data
        return Descriptor("", name)

    def document(self, wanted: Descriptor) -> bytes:
        """Return the bytes of an index or manifest."""
        name = wanted.digest
        if name not in self._kept:
            self._kept[name] = self.first(
                lambda one: one.get_manifest(self._repository, name, checked=False).data
            )
        return self._kept[name]

    def blob(self, wanted: Descriptor, ceiling: int) -> bytes:
        """Return the bytes of a small blob."""
        name = wanted.digest
        if name not in self._kept:
            self._kept[name] = self.first(lambda one: self._small(one, name, ceiling))
        return self._kept[name]

    def _small(self, client: Client, name: str, ceiling: int) -> bytes:
        with client.blob(self._repository, name) as answer:
            return answer.read(ceiling)

    def stream(self, ref: LayerRef) -> "Pulled":
        """Open the blob of a layer."""
        try:
            return self.first(
                lambda one: Pulled(one, self._repository, ref.descriptor, wait=self._access.wait)
            )
        except NetworkError as error:
            raise InputError(error.what, advice=error.advice) from error

    def stamp(self, ref: LayerRef) -> str:
        """Return "": nothing but its digest tells of a registry's blob."""
        del ref
        return ""

    def close(self) -> None:
        """Nothing is held open."""


class Pulled:
    """A blob as it comes from a registry: Bytes, and a context manager."""

    def __init__(
        self,
        client: Client,
        repository: str,
        wanted: Descriptor,
        *,
        wait: Callable[[float], None],
    ) -> None:
        self._client = client
        self._repository = repository
        self._wanted = wanted
        self._wait = wait
        self._stack = ExitStack()
        self._at = 0
        self._resumed = 0
        self._rest = b""
        self._parts = self._open()

    def read(self, size: int = -1, /) -> bytes:
        """Return at most *size* bytes; ``b""`` at the end. InputError where it can not be had."""
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        while not self._rest:
            try:
                part = self._next()
            except NetworkError as error:
                self._resume(error)
                continue
            if not part:
                return b""
            self._at += len(part)
            self._rest = part
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def _next(self) -> bytes:
        part = next(self._parts, b"")
        if not part and self._at < self._wanted.size:
            raise NetworkError(self._broken(), again=True)
        return part

    def _resume(self, error: NetworkError) -> None:
        """Ask for the rest, as often as is reasonable."""
        while error.again and self._resumed < RESUMES:
            self._wait(BACK_OFF * 2**self._resumed)
            self._resumed += 1
            try:
                self._stack.close()
                self._parts = self._open()
            except NetworkError as another:
                error = another
            else:
                return
        raise InputError(error.what, advice=error.advice) from error

    def _open(self) -> Iterator[bytes]:
        asked = self._client.blob(self._repository, self._wanted.digest, start=self._at)
        answer = self._stack.enter_context(asked)
        told = self._wanted.size if self._wanted.size >= 0 else UNTOLD
        if answer.status != _PART:
            return self._past(answer, told)
        place = _FROM.match(answer.headers.get("content-range", ""))
        if not place or int(place[1]) != self._at:
            raise NetworkError(self._broken(), again=True)
        return answer.body(told - self._at)

    def _past(self, answer: Answer, most: int) -> Iterator[bytes]:
        """Yield a whole blob from where we are."""
        gone = self._at
        for part in answer.body(most):
            if len(part) <= gone:
                gone -= len(part)
                continue
            yield part[gone:] if gone else part
            gone = 0

    def _broken(self) -> str:
        name = f"{self._client.name}/{self._repository}@{self._wanted.digest}"
        return f"{name} ends after {self._at} of {self._wanted.size} bytes"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def open_reference(
    image: Image,
    *,
    name: str,
    platform: Platform | None,
    access: Access,
    mirrors: Sequence[str] = (),
) -> resolve.Found:
    """Open the image that a reference names; InputError or NetworkError say why not."""
    clients = [
        Client(host, access, prefix=prefix) for host, prefix in mirrored(image.registry, mirrors)
    ]
    store = Remote([*clients, Client(image.registry, access)], image.repository, access)
    start, by = store.start(image)
    found = resolve.Found(store, name=name, reference=image.id)
    return resolve.resolve(found, store, [start], by=by, platform=platform)


def mirrored(registry: str, mirrors: Sequence[str]) -> list[tuple[str, str]]:
    """Return host and prefix of the mirrors of a registry; UsageError where one is malformed.

    A mirror without a registry (``HOST`` for ``docker.io=HOST``) is one of Docker Hub.
    """
    found = []
    for text in mirrors:
        shape = _MIRROR.fullmatch(text)
        if not shape:
            raise UsageError(
                f"--mirror {text[:100]}: not REGISTRY=HOST[:PORT][/PREFIX]",
                advice="For instance docker.io=mirror.example.com/hub.",
            )
        if (shape[1] or "docker.io") == registry:
            found.append((shape[2], shape[3] or ""))
    return found
