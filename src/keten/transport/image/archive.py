"""Archives that hold an image: what is in them, and access by offset without unpacking.

A compressed archive is unpacked once, to an anonymous file that lives as long as the image is
open, because Docker writes its index last.
"""

import os
import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.archives.chunks import Chunks
from keten.formats.archives.members import HARDLINK, SYMLINK, Builder
from keten.formats.archives.tar import Archive
from keten.formats.oci import decode, digest
from keten.formats.oci.records import Descriptor
from keten.transport.image import inflate, slices
from keten.transport.image.source import Bytes, LayerRef

LISTED = 100_000
"""The most members of an archive of images (one has three for each layer)."""
UNPACKED = 32 << 30
"""The most bytes that a compressed archive may unpack to."""
HOPS = 10
"""How many links are followed from one member to another."""
_STEP = 1 << 16


class Member(Struct, frozen=True):
    """A member of an archive: where its bytes lie, or what it is a *link* to."""

    offset: int
    size: int
    link: str = ""


class File:
    """A tar whose members are known, opened for reading by offset.

    Of a name that occurs twice the last one counts, as where the archive is unpacked to a
    folder. Not *listed*: the file as it lies there, compressed or not, members unknown.
    """

    def __init__(self, path: Path, *, listed: bool = True) -> None:
        self.path = path
        self.listed = listed
        self._descriptor, self._found = slices.open_regular(path, follow=True)
        self._file: IO[bytes] | None = None
        self.members: dict[str, Member] = {}
        self._earlier: dict[str, list[Member]] = {}
        with ExitStack() as failing:
            failing.callback(self.close)
            if listed:
                if inflate.packed(os.pread(self._descriptor, 512, 0)):
                    self._unpack()
                self._index()
            failing.pop_all()

    @property
    def size(self) -> int:
        """The bytes of the (unpacked) archive."""
        return os.fstat(self._descriptor).st_size

    def find(self, name: str) -> Member:
        """Return the regular file that *name* is or leads to; InputError where it is none."""
        for _ in range(HOPS):
            member = self.members.get(posixpath.normpath(name))
            if member is None:
                raise InputError(f"the archive has no {name[:200]}")
            if not member.link:
                return member
            name = member.link
        raise InputError(f"{name[:200]} is a link to a link: more than {HOPS}")

    def read(self, name: str, ceiling: int) -> bytes:
        """Return the bytes of a small file; InputError where there are two different ones."""
        data = self._read(self.find(name), ceiling)
        for other in self._earlier.get(posixpath.normpath(name), []):
            if other.link or self._read(other, ceiling) != data:
                raise InputError(f"the archive holds two different {name}: ambiguous, not read")
        return data

    def _read(self, member: Member, ceiling: int) -> bytes:
        return slices.read_whole(self._descriptor, member.offset, member.size, ceiling)

    def view(self, member: Member) -> slices.Slice:
        """Open the bytes of a member."""
        return slices.Slice(self._descriptor, member.offset, member.size)

    def whole(self) -> slices.Slice:
        """Open the (unpacked) archive itself."""
        return slices.Slice(self._descriptor, 0, self.size)

    def stamp(self, member: Member | None) -> str:
        """Return what changes when the bytes of a member may have."""
        return slices.stamp(
            os.path.realpath(self.path), self._found, f"{member.offset:x}" if member else ""
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _unpack(self) -> None:
        import tempfile

        with ExitStack() as failing:
            out = failing.enter_context(tempfile.TemporaryFile(prefix="keten-"))
            packed = slices.Slice(self._descriptor, 0, self._found.st_size)
            for chunk in inflate.unpack(packed.read):
                self._room(out.tell() + len(chunk))
                out.write(chunk)
            out.flush()
            failing.pop_all()
        os.close(self._descriptor)
        self._file = out
        self._descriptor = out.fileno()

    def _room(self, size: int) -> None:
        if size > UNPACKED:
            raise CeilingError(f"{self.path.name} unpacks to more than {UNPACKED >> 30} GB")

    def _index(self) -> None:
        builder = _Few()
        places: dict[int, tuple[int, int]] = {}
        chunks = _Seeking(self._descriptor, self.size)
        for file in Archive(chunks, builder):
            if file.sparse is None:
                places[file.index] = (chunks.offset, file.stored)
        for index, one in enumerate(builder.members()):
            if one.kind == SYMLINK:
                there = posixpath.join("/", posixpath.dirname(one.path), one.target)
                member = Member(0, 0, posixpath.normpath(there).lstrip("/"))
            elif one.kind == HARDLINK:
                member = Member(0, 0, one.target)
            elif index in places:
                member = Member(*places[index])
            else:
                continue
            if one.path in self.members:
                self._earlier.setdefault(one.path, []).append(self.members[one.path])
            self.members[one.path] = member


class _Few(Builder):
    """Takes no more members than an archive of images may have."""

    def add(self, *member: Any, **more: Any) -> int:
        if self.count >= LISTED:
            raise CeilingError(
                f"the archive has more than {LISTED:,} members",
                advice="If it is no archive of images but a root filesystem, say so: tar:FILE.",
            )
        return super().add(*member, **more)


class _Seeking(Chunks):
    """Chunks of a file that can be sought in: what is passed over is not read."""

    def __init__(self, descriptor: int, size: int) -> None:
        super().__init__(self._read())
        self._descriptor = descriptor
        self._size = size
        self._position = 0

    def skip(self, count: int) -> bool:
        """Pass over *count* bytes; return whether there were as many."""
        if self.at + count <= len(self.data):
            self.at += count
            return True
        there = self.offset + count
        if there > self._size:
            return False
        self._ahead.clear()
        self.data, self.at, self.before, self._position = b"", 0, there, there
        return True

    def _read(self) -> Iterator[bytes]:
        while data := os.pread(self._descriptor, _STEP, self._position):
            self._position += len(data)
            yield data


class Whole:
    """A root filesystem in a tar, as its own one layer: ``resolve.Layers``."""

    def __init__(self, archive: File) -> None:
        self._archive = archive

    def stream(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open the tar."""
        assert ref.number == 0
        return self._archive.whole()

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the file may have."""
        assert ref.number == 0
        return self._archive.stamp(None)

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()


class Blobs:
    """The blobs of an OCI layout in an archive: a ``resolve.Store``."""

    def __init__(self, archive: File) -> None:
        self._archive = archive

    def index(self) -> bytes:
        """Return index.json's bytes."""
        return self._archive.read("index.json", decode.BYTES)

    def document(self, wanted: Descriptor) -> bytes:
        """Return the bytes of an index or manifest."""
        return self.blob(wanted, decode.BYTES)

    def blob(self, wanted: Descriptor, ceiling: int) -> bytes:
        """Return the bytes of a small blob."""
        return self._archive.read(_path(wanted.digest), ceiling)

    def stream(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open the blob of a layer."""
        return self._archive.view(self._archive.find(_path(ref.descriptor.digest)))

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the archive may have."""
        return self._archive.stamp(self._archive.members.get(_path(ref.descriptor.digest)))

    def close(self) -> None:
        """Let go of the archive."""
        self._archive.close()


def _path(name: str) -> str:
    algorithm, value = digest.parse(name)
    return f"blobs/{algorithm}/{value}"
