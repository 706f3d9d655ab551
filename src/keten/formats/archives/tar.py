"""Tar archives, walked once over a stream of bytes, as a container runtime's unpack reads them.

POSIX.1-1988 (ustar) and POSIX.1-2001 (pax) by IEEE Std 1003.1 "pax", GNU tar's formats
(long names, base-256 numbers, sparse files old and as pax 0.0, 0.1 and 1.0) by its manual,
and the format before POSIX. Where readers differ, Go's ``archive/tar`` is followed, which
containerd, Docker, CRI-O, Podman and umoci unpack with: global pax records do not apply; two
zero blocks end the archive whatever follows; GNU's long names go before pax paths; a header
whose checksum does not hold ends it with an error.

The walk looks at headers only; the bytes of a member are handed out when they are asked for.
"""

from array import array
from collections.abc import Iterator
from struct import Struct
from zlib import adler32

from keten.errors import CeilingError, InputError
from keten.formats.archives import tar_sparse
from keten.formats.archives.chunks import Chunks
from keten.formats.archives.members import (
    BLOCK,
    CHARACTER,
    FILE,
    FOLDER,
    HARDLINK,
    PIPE,
    SYMLINK,
    Builder,
    Cleaner,
    clean,
    owner,
    told,
)
from keten.formats.archives.tar_pax import SHORT, Pax, number, telling

ENTRIES = 450_000
"""The most members of one archive, and of all layers of an image: five seconds of work.

The largest images have 300,000 to 400,000.
"""
NAMES = 48 << 20
"""The most bytes of all names and link targets together."""
EXTRA = 1 << 20
"""The most bytes of one pax header, long name or long link target (Go's is the same)."""
RECORDS = 1_400_000
"""The most pax records of one archive, each header of them counted as tar_pax.HEADER more.

That is 230,000 members with long names or capabilities; headers that tell times alone are free.
"""
NAME = 255
"""The longest part of a path, in bytes (Linux's NAME_MAX)."""
PATH = 4096
"""The longest path, and the longest link target, in bytes (Linux's PATH_MAX)."""
ROOM = 184 << 20
"""What the members of one archive may take, in bytes: see ``weight``."""
MEMBER = 320
"""What a member takes beside its names, here and in the tree it is merged into."""
HEAD = 4096
"""How many of a member's first bytes may be looked at before the rest is asked for."""

_BLOCK = 512
_ZERO = bytes(_BLOCK)
_MODULUS = 65521
_CACHE = 16384
_FIELDS = Struct("100s24s12s12x8sc100s88xs166x").unpack
_NONE = b"00000000000\0"
_AFTER = b" \0"
_KINDS = {
    b"0": FILE, b"\0": FILE, b"S": FILE, b"1": HARDLINK, b"2": SYMLINK, b"3": CHARACTER,
    b"4": BLOCK, b"5": FOLDER, b"6": PIPE,
}  # fmt: skip
_EXTRAS = frozenset({b"x", b"g", b"L", b"K"})
_REGULAR = b"0\0S"
_NUMERIC = b"0123456789 \0\x80"


class File:
    """A regular file at which the walk stands: *index*, *path*, *size*, *mode*, its bytes."""

    __slots__ = (
        "_archive", "capable", "index", "mode", "path", "size", "sparse", "stored",
    )  # fmt: skip

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self.index = self.size = self.mode = self.stored = 0
        self.path = ""
        self.capable = False
        self.sparse: tar_sparse.Sparse | None = None

    def head(self) -> bytes:
        """Return the first HEAD bytes, fewer where the file is shorter; before ``parts``."""
        if self.sparse is not None:
            return tar_sparse.head(self.sparse, self._archive.chunks, self.size, HEAD)
        return self._archive.chunks.peek(min(self.size, HEAD))

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, bytes) of all that is not zero by definition, once. InputError."""
        return self._archive.content(self)


class Archive:
    """A tar archive that is walked: iterate over it once, for its regular files.

    All members go to *into*; *odd* tells of those that were left out, as (path, why).
    Iteration raises InputError where the archive is not one, CeilingError past a ceiling;
    what was taken in until then stays. *room* is what its members may take with *held*, what
    the caller has kept of them, in bytes.
    """

    def __init__(
        self,
        chunks: Chunks,
        into: Builder,
        *,
        entries: int = ENTRIES,
        room: int = ROOM,
        records: int = RECORDS,
    ) -> None:
        self.chunks = chunks
        self.held = 0
        self.odd: list[tuple[str, str]] = []
        self._into, self._entries, self._room = into, entries, room
        self._records = records
        self._pax = Pax(records)
        self._owners: dict[bytes, array[int]] = {}
        self._checks: dict[bytes, int] = {}

    @property
    def records(self) -> int:
        """How many pax records were read, headers and all."""
        return self._records - max(0, self._pax.left)

    def __iter__(self) -> Iterator[File]:  # noqa: PLR0915 the loop of all: a call costs as much
        file, chunks, add = File(self), self.chunks, self._into.add
        pax, checks, owners = self._pax, self._checks, self._owners
        kinds, cleaned = _KINDS, Cleaner()
        left = 0
        while True:
            at = chunks.at + left
            data = chunks.data
            header = data[at : at + _BLOCK]
            if len(header) == _BLOCK:
                chunks.at = at = at + _BLOCK
            elif header := self._far(left):
                at, data = chunks.at, chunks.data
            else:
                return
            name, key, octal, check, flag, link, prefix = _FIELDS(header)
            if checks.get(check) != adler32(header) & 0xFFFF and not self._checked(header):
                return
            size = 0 if octal == _NONE else _size(octal)
            if flag in _EXTRAS:
                left = -size % _BLOCK
                far = size > SHORT or at + size > len(data) or pax.pending
                if far or flag != b"x" or telling(data, at, at + size):
                    self._extra(flag[0], size)
                else:
                    left += size
                continue
            file.size = file.stored = size
            file.sparse, file.capable = None, False
            if pax.pending or flag == b"S":
                name, link, held = self._told(file, header, size)
            else:
                name, link = name.partition(b"\0")[0], link.partition(b"\0")[0]
                if prefix != b"\0":
                    name = _prefixed(header, name)
                held = owners.get(key) or self._owner(key)
            kind = kinds.get(flag, 0)
            if flag == b"\0" and name.endswith(b"/"):
                kind = FOLDER
            if kind == FILE:
                left, link = -file.stored % _BLOCK, b""
            elif kind:
                file.stored = file.size = left = 0
                link = clean(link) if kind == HARDLINK else link if kind == SYMLINK else b""
            path = cleaned(name)
            if not kind or (len(path) + len(link) > NAME and not self._fits(path, link)):
                if not kind:
                    self._leave(name, f"is of the unknown kind {told(flag)!r}")
                left = -file.stored % _BLOCK + file.stored
                continue
            index = add(path, kind, file.size, held, link)
            if file.capable:
                self._into.capable(index)
            if not index & 1023:
                self._weigh(index)
            if kind == FILE:
                file.index, file.mode = index, held[0]
                file.path = path.decode("utf-8", "backslashreplace")
                end = chunks.before + chunks.at + file.stored
                yield file
                left += end - chunks.before - chunks.at

    def content(self, file: File) -> Iterator[tuple[int, bytes]]:
        """See File.parts."""
        if file.sparse is not None:
            yield from tar_sparse.parts(file.sparse, self.chunks, file.stored, file.size)
            return
        at = 0
        for part in self.chunks.parts(file.stored):
            yield at, part
            at += len(part)
        if at < file.stored:
            raise InputError(f"the archive ends within {file.path}")

    def _weigh(self, index: int) -> None:
        if index >= self._entries or self._into.weight() > NAMES:
            raise CeilingError(
                f"it has more than {self._entries:,} members or {NAMES >> 20} MB of names",
                advice="Unpack it and scan the folder, in parts.",
            )
        if weight(index, self._into.weight()) + self.held > self._room:
            raise CeilingError(
                f"after {index:,} members it and the layers before it take more than they may",
                advice="Unpack it and scan the folder, in parts.",
            )

    def _far(self, left: int) -> bytes:
        """Return the next header where it is not at hand; empty at the end. InputError."""
        if not self.chunks.skip(left):
            raise InputError("the archive ends within a member")
        header = self.chunks.take(_BLOCK)
        if header and len(header) < _BLOCK:
            raise InputError("the archive ends within a header")
        return header

    def _checked(self, header: bytes) -> bool:
        """Return whether the checksum holds; False at the end of the archive. InputError.

        The low half of an Adler-32 is the sum of all bytes plus one, modulo 65521, at the
        speed of C; it is looked up by the checksum as written. A sum that is off by that very
        number passes: a runtime refuses such a layer as a whole.
        """
        if header == _ZERO:
            after = self.chunks.take(_BLOCK)
            if after != _ZERO[: len(after)]:
                raise InputError("a header follows a single block of zeros")
            return False
        field = header[148:156]
        try:
            claimed = number(field, "checksum")
        except InputError:
            claimed = -1
        low = (claimed - 255 + sum(field)) % _MODULUS
        if low != adler32(header) & 0xFFFF or claimed < 0:
            blanked = header[:148] + b" " * 8 + header[156:]
            if claimed != sum(blanked) - 256 * sum(byte > 127 for byte in blanked):  # noqa: PLR2004
                where = self.chunks.offset - _BLOCK
                raise InputError(f"no tar header at byte {where}: its checksum does not hold")
        else:
            if len(self._checks) >= _CACHE:
                self._checks.clear()
            self._checks[field] = low
        return True

    def _owner(self, key: bytes) -> "array[int]":
        """Return mode, uid and gid; few differ, so they are decoded once."""
        if len(self._owners) >= _CACHE:
            self._owners.clear()
        found = self._owners[key] = owner(
            number(key[:8], "mode"), number(key[8:16], "uid"), number(key[16:], "gid")
        )
        return found

    def _extra(self, kind: int, size: int) -> None:
        """Take in a header that is about the next one."""
        if size > EXTRA:
            raise CeilingError(f"a header is longer than {EXTRA:,} bytes")
        data = self.chunks.take(size)
        if len(data) < size:
            raise InputError("the archive ends within a header")
        self._pax.take(kind, data)

    def _told(self, file: File, header: bytes, size: int) -> tuple[bytes, bytes, "array[int]"]:
        """Return name, link and owner as header and extras say; fill in the rest of *file*."""
        pax = self._pax
        key = header[100:124]
        held = self._owners.get(key) or self._owner(key)
        file.size = file.stored = pax.number(b"size", size)
        if b"uid" in pax.records or b"gid" in pax.records:
            held = owner(held[0], pax.number(b"uid", held[1]), pax.number(b"gid", held[2]))
        name = header[:100].partition(b"\0")[0]
        name = pax.long_name or pax.records.get(b"path") or _prefixed(header, name)
        link = header[157:257].partition(b"\0")[0]
        link = pax.long_link or pax.records.get(b"linkpath") or link
        if header[156] in _REGULAR:
            file.sparse = tar_sparse.found(header, pax.records, pax.fragments, self.chunks)
        if file.sparse is not None:
            file.size = file.sparse.size if file.sparse.size >= 0 else file.size
            name = file.sparse.name or name
        file.capable = b"SCHILY.xattr.security.capability" in pax.records
        pax.clear()
        return name, link, held

    def _fits(self, path: bytes, target: bytes) -> bool:
        """Return whether a file system takes such names; tell of it where not."""
        if len(path) >= PATH or len(target) >= PATH or max(map(len, path.split(b"/"))) > NAME:
            self._leave(path, "has a name that no file system takes")
            return False
        return True

    def _leave(self, name: bytes, why: str) -> None:
        self.odd.append((told(name[:200]), why))
        if len(self.odd) > 1000:  # noqa: PLR2004
            raise CeilingError("the archive has more than 1,000 members that no runtime unpacks")


def weight(count: int, names: int) -> int:
    """Return what *count* members with so many bytes of names take in all, in bytes."""
    return count * MEMBER + 2 * names


def _size(field: bytes) -> int:
    digits = field[:11]
    if digits.isdigit() and field[11] in _AFTER:
        try:
            return int(digits, 8)
        except ValueError:
            pass
    return number(field, "size")


def _prefixed(header: bytes, name: bytes) -> bytes:
    """Return *name* with the header's prefix, which only POSIX's own headers have."""
    magic = header[257:265]
    if magic == b"ustar\x0000":
        length = 131 if header[508:512] == b"tar\0" else 155
    elif magic == b"ustar  \0" and header[345] not in _NUMERIC:
        length = 155  # Go before 1.8 wrote prefixes into GNU headers
    else:
        return name
    prefix = header[345 : 345 + length].partition(b"\0")[0]
    return prefix + b"/" + name if prefix else name
