"""Layers, each read once: blob hashed, unpacked, tar hashed, walked; what is wanted is kept.

The three run in threads of their own, since hashing and unpacking need no interpreter. A layer
whose blob, size or unpacked bytes are not what manifest and configuration say is told, and
nothing that was read from it counts. Past a ceiling nothing more is unpacked: the rest of the
blob is only hashed, so the manifest's digest is still checked, and the diff ID is not.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Semaphore
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from keten.errors import CeilingError, InputError
from keten.formats.archives.chunks import Chunks
from keten.formats.archives.members import Builder, Members
from keten.formats.archives.tar import Archive, File, weight
from keten.model.evidence import Link, Problem
from keten.transport.image.inflate import READ, begun, packed, unpack
from keten.transport.image.room import KEPT, PIECE, Cost, Room
from keten.transport.image.source import Bytes, LayerRef, Mismatch
from keten.transport.image.spool import Content

VERSION = 1
"""Rises when a LayerRecord of the same layer changes, for caches."""
AHEAD = 6
"""How many chunks may be unpacked before they are walked and hashed."""


class FullError(CeilingError):
    """A ceiling of the whole layer is met: nothing behind it is read."""


class Picker(Protocol):
    """Says which files of a layer are wanted, and what is kept of them."""

    def wants(self, path: str, size: int, mode: int, head: bytes) -> bool:
        """Return whether the file's content is wanted; *head*: its first bytes, at most 4096.

        Asked of each regular file. *path* is clean and relative to the root of the layer.
        """
        ...

    def take(self, path: str, data: Any) -> dict[str, bytes] | None:
        """Return the pieces to keep of a wanted file, by a key such as a reader's id.

        *data* is bytes, or an ``mmap`` for a file above 32 MB (spool.SPOOL); it must not be
        held on to. InputError makes a Problem of the file; FullError ends the layer.
        """
        ...


class LayerRecord(Struct, frozen=True, array_like=True):
    """What was read of one layer; it can be stored as MessagePack and holds for its diff ID.

    *digest* and *size* are the blob's, *diff_id* and *unpacked* (bytes) the tar's, as found.
    *kept* holds the pieces of wanted files by the member's index. *complete* is False where
    the tar could not be read to its end: *problems* say why, and *members* are those before.
    With *mismatches* there are no members. *cost* is what reading it took, in any case.
    """

    digest: str
    size: int
    diff_id: str
    unpacked: int
    members: Members = Members()
    kept: dict[int, dict[str, bytes]] = {}
    problems: tuple[Problem, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    complete: bool = True
    cost: Cost = Cost()


def read_layer(
    stream: Bytes, ref: LayerRef, picker: Picker, room: Room | None = None
) -> LayerRecord:
    """Read a layer from its blob. OSError, and InputError of *stream*, go through.

    *room* is what it may take, by itself all that a layer may.
    """
    wants = picker.wants

    def pick(file: File) -> bool:
        return wants(file.path, file.size, file.mode, file.head() if file.size else b"")

    room = room or Room()
    return _read(stream, ref, pick, lambda file, data: picker.take(file.path, data), room)


def refetch(stream: Bytes, ref: LayerRef, members: set[int]) -> dict[int, bytes]:
    """Return the content of some members of a layer that was read before, by their index.

    InputError where the layer is not what it was; CeilingError above KEPT bytes.
    """

    def take(_: File, data: Any) -> dict[str, bytes]:
        if len(data) > KEPT:
            raise CeilingError(f"larger than {KEPT >> 20} MB")
        return {"": bytes(data)}

    record = _read(stream, ref, lambda file: file.index in members, take, Room())
    if record.mismatches:
        raise InputError(f"layer {ref.number + 1} changed while it was read")
    return {member: kept[""] for member, kept in record.kept.items()}


def _read(
    stream: Bytes,
    ref: LayerRef,
    pick: Callable[[File], bool],
    take: Callable[[File, Any], dict[str, bytes] | None],
    room: Room,
) -> LayerRecord:
    flow = _Flow(stream, ref, room.free)
    walk = _Walk(ref, pick, take, room.share)
    try:
        walk.run(flow.chunks())
        if isinstance(walk.failure, CeilingError):
            flow.pass_over()
        flow.drain()
    finally:
        flow.close()
    if (failure := flow.error or walk.failure) is not None:
        walk.failed(failure)
    return _concluded(flow, walk)


def _concluded(flow: "_Flow", walk: "_Walk") -> LayerRecord:
    ref = flow.ref
    diff_id = ref.diff_id if flow.cut else flow.tar.digest
    record = LayerRecord(flow.blob.digest, flow.blob.size, diff_id, flow.tar.size, cost=walk.cost)
    layer, said = f"layer {ref.number + 1}", ref.descriptor
    found = []
    if 0 <= said.size != record.size:
        found.append(
            Mismatch(layer, f"{said.size} bytes", f"{record.size} bytes", "size in the manifest")
        )
    if said.digest and said.digest != record.digest:
        found.append(Mismatch(layer, said.digest, record.digest, "digest in the manifest"))
    if ref.diff_id and ref.diff_id != record.diff_id and not flow.cut:
        found.append(
            Mismatch(f"{layer}, unpacked", ref.diff_id, record.diff_id, "diff ID in the config")
        )
    if found:
        return replace(record, mismatches=tuple(found), complete=False)
    return replace(
        record,
        members=walk.into.members(),
        kept=walk.kept,
        problems=tuple(walk.problems),
        complete=flow.error is None and walk.failure is None,
    )


class _Walk:
    """Walks the tar of one layer and keeps what is wanted."""

    def __init__(
        self,
        ref: LayerRef,
        pick: Callable[[File], bool],
        take: Callable[[File, Any], dict[str, bytes] | None],
        share: Cost,
    ) -> None:
        self.into = Builder()
        self.kept: dict[int, dict[str, bytes]] = {}
        self.problems: list[Problem] = []
        self.failure: InputError | None = None
        self._ref, self._pick, self._take = ref, pick, take
        self._share = share
        self._archive: Archive | None = None
        self._kept = self._holes = 0

    def run(self, chunks: Iterator[bytes]) -> None:
        """Walk to the end of the tar, or to where it can be read no further."""
        share = self._share
        archive = self._archive = Archive(
            Chunks(chunks),
            self.into,
            entries=share.members,
            room=share.held,
            records=share.records,
        )
        pick = self._pick
        try:
            for file in archive:
                if pick(file):
                    self._keep(file)
        except InputError as error:
            self.failure = _bare(error)
        for path, why in archive.odd:
            self._problem(path, f"{why}: no runtime unpacks it")

    @property
    def cost(self) -> Cost:
        """What was taken until now."""
        held = weight(self.into.count, self.into.weight()) + self._kept
        records = self._archive.records if self._archive is not None else 0
        return Cost(self.into.count, held, self._kept, records, self._holes)

    def failed(self, error: InputError) -> None:
        """Tell that the layer could not be read to its end."""
        self._problem(
            "",
            f"layer {self._ref.number + 1} can not be read to its end: {error.what}",
            error.advice or "Pull or build the image again: a runtime refuses it too.",
        )

    def _keep(self, file: File) -> None:
        try:
            self._count_holes(file)
            with Content(file.size, file.parts()) as data:
                kept = self._take(file, data)
        except FullError:
            raise
        except CeilingError as error:
            advice = error.advice or "Find out who made such a file, and remove it."
            what = f"is not looked into: {error.what}"
            self._problem(file.path, what, advice, need="installed")
            return
        except InputError as error:
            self._problem(file.path, error.what, error.advice, need="installed")
            return
        if not kept:
            return
        assert self._archive is not None
        self._kept += sum(map(len, kept.values())) + PIECE
        self._archive.held = self._kept
        if self._kept > self._share.kept:
            raise CeilingError(
                f"more than {self._share.kept >> 20} MB of its files would be kept",
                advice="Unpack it and scan the folder, in parts.",
            )
        self.kept[file.index] = kept

    def _count_holes(self, file: File) -> None:
        holes = max(0, file.size - file.stored)
        if self._holes + holes > self._share.holes:
            what = f"more than {self._share.holes >> 20} MB of holes in the layer's files"
            raise CeilingError(what)
        self._holes += holes

    def _problem(self, path: str, what: str, advice: str = "", need: str = "content") -> None:
        self.problems.append(Problem(path, what, link=Link.IMAGE, need=need, advice=advice))


def _bare(error: InputError) -> InputError:
    """Return *error* without where it was raised: that holds on to megabytes of chunks."""
    error.__traceback__ = error.__context__ = None
    return error


class _Hash:
    """A running digest by the algorithm of *expected* (``sha256:...``, the default)."""

    def __init__(self, expected: str) -> None:
        name = expected.partition(":")[0]
        self.name = name if name in {"sha256", "sha384", "sha512"} else "sha256"
        self._state = hashlib.new(self.name, usedforsecurity=False)
        self.size = 0

    def update(self, data: bytes) -> None:
        self._state.update(data)
        self.size += len(data)

    @property
    def digest(self) -> str:
        return f"{self.name}:{self._state.hexdigest()}"


class _Flow:
    """A layer on its way: one thread reads and unpacks, one hashes, the caller walks.

    *cut*: it was not unpacked to its end, so the digest of the tar says nothing; *error*: what
    was wrong with it there.
    """

    def __init__(self, stream: Bytes, ref: LayerRef, free: int) -> None:
        self.ref, self._free = ref, free
        self.blob, self.tar = _Hash(ref.descriptor.digest), _Hash(ref.diff_id)
        self.error: InputError | None = None
        self.cut = False
        self._stream = stream
        self._stop = self._enough = False
        self._head = b""
        self._room = Semaphore(AHEAD)
        self._unpacked: SimpleQueue[bytes | None] = SimpleQueue()
        self._to_hash: SimpleQueue[tuple[_Hash, bytes] | None] = SimpleQueue()
        self._hashed = Semaphore(2 * AHEAD)
        self._threads = ThreadPoolExecutor(2)
        self._work = (self._threads.submit(self._unpack), self._threads.submit(self._hash))

    def chunks(self) -> Iterator[bytes]:
        """Yield the unpacked chunks."""
        while (chunk := self._unpacked.get()) is not None:
            self._room.release()
            yield chunk
        self._unpacked.put(None)

    def pass_over(self) -> None:
        """Unpack no more: the rest of the blob is hashed, and that is all."""
        self._enough = True
        self._room.release()

    def drain(self) -> None:
        """Let all that is left be unpacked and hashed."""
        for _ in self.chunks():
            pass

    def close(self) -> None:
        """End the threads; raise what went wrong with the stream itself."""
        self._stop = True
        self._room.release()
        self._threads.shutdown()
        for work in self._work:
            work.result()

    def _unpack(self) -> None:
        try:
            self._head = begun(self._stream.read)
            if not packed(self._head) and self.tar.name == self.blob.name:
                self.tar = self.blob  # the same bytes need not be hashed twice
            for chunk in unpack(self._read, self._free):
                self._room.acquire()
                if self._stop or self._enough:
                    self.cut = self.tar is not self.blob
                    self._rest()
                    break
                if self.tar is not self.blob:
                    self._send(self.tar, chunk)
                self._unpacked.put(chunk)
        except InputError as error:
            self.error = _bare(error)
            self.cut = True
            self._rest()
        finally:
            self._unpacked.put(None)
            self._to_hash.put(None)

    def _rest(self) -> None:
        """Hash the rest of a blob that is unpacked no further: it may be another altogether."""
        while not self._stop and self._read(READ):
            pass

    def _read(self, size: int) -> bytes:
        data = self._head or self._stream.read(size)
        self._head = b""
        if data:
            self._send(self.blob, data)
        return data

    def _send(self, digest: _Hash, data: bytes) -> None:
        self._hashed.acquire()
        self._to_hash.put((digest, data))

    def _hash(self) -> None:
        while (item := self._to_hash.get()) is not None:
            digest, data = item
            digest.update(data)
            self._hashed.release()
