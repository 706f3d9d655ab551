"""The bytes of a layer, unpacked: gzip (RFC 1952), zstd (RFC 8878), bzip2, xz or none of them.

Told by their first bytes, as runtimes do, not by the media type. What unpacks to far more than
it should is refused early: a layer of zeros is a bomb, not a layer.
"""

from collections.abc import Callable, Iterator
from typing import Any

from keten.errors import CeilingError, InputError

CHUNK = 1 << 21
"""How many bytes are unpacked at a time."""
READ = 1 << 20
"""How many packed bytes are read at a time."""
FREE = 512 << 20
"""How many bytes the layers of an image may unpack to whatever their size."""
RATIO = 100
"""How many bytes each packed byte may unpack to beyond that; text reaches some 10."""
UNPACKED = 256 << 30
"""The most bytes of an unpacked layer."""
MEMBERS = 100_000
"""The most gzip members in a layer that has less than 4 kB in each (eStargz: one a file)."""
WINDOW = 128 << 20
"""The largest zstd window (``zstd --ultra --long=27``)."""

Read = Callable[[int], bytes]
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_XZ, _BZIP2 = b"\xfd7zXZ\x00", b"BZh"
_ADVICE = "If it is no bomb, unpack it and scan the folder."


def packed(head: bytes) -> bool:
    """Return whether a layer that begins so is compressed."""
    return _unpacker(head) is not _plain


def unpack(read: Read, free: int = FREE) -> Iterator[bytes]:
    """Yield the unpacked bytes of what *read* gives, in chunks. InputError, CeilingError.

    *free* is what it may unpack to whatever its size.
    """
    source = _Counted(read)
    head = begun(source.read)
    total = 0
    for chunk in _unpacker(head)(head, source.read):
        total += len(chunk)
        if total > free + RATIO * source.count or total > UNPACKED:
            raise CeilingError(
                f"{source.count:,} bytes unpack to more than {total:,}: more than a layer may",
                advice=_ADVICE,
            )
        yield chunk


def begun(read: Read) -> bytes:
    """Return the first bytes, enough to tell how they are packed."""
    head = read(READ)
    while len(head) < len(_XZ) and (more := read(READ)):
        head += more
    return head


class _Counted:
    """Counts what is read."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._read(size)
        self.count += len(data)
        return data


def _unpacker(head: bytes) -> Callable[[bytes, Read], Iterator[bytes]]:
    if head.startswith(_GZIP):
        return _gzip
    if head.startswith(_ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):  # noqa: PLR2004 a skippable frame
        return _zstd
    if head.startswith(_XZ):
        return _xz
    return _bzip2 if head.startswith(_BZIP2) else _plain


def _plain(data: bytes, read: Read) -> Iterator[bytes]:
    while data:
        yield data
        data = read(READ)


def _gzip(data: bytes, read: Read) -> Iterator[bytes]:
    from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor, IsalError

    members = total = 0
    try:
        while data:
            members += 1
            if members > MEMBERS + total // 4096:
                raise CeilingError(f"more than {members - 1:,} gzip members", advice=_ADVICE)
            machine = IgzipDecompressor(flag=DECOMP_GZIP)
            for chunk in _run(machine, data, read, "gzip"):
                total += len(chunk)
                yield chunk
            data = machine.unused_data or read(READ)
            while data and not data.startswith(_GZIP):
                data = _between(data, read)
    except IsalError as error:  # type: ignore[misc] # its stub forgets the base class
        raise InputError(f"the gzip stream is damaged: {error}") from None


def _between(data: bytes, read: Read) -> bytes:
    """Pass over zeros behind a member; return what begins with the next. InputError."""
    data = data.lstrip(b"\0")
    if len(data) < len(_GZIP):
        more = read(READ)
        if not more and data:
            raise InputError("bytes that are no gzip follow the gzip stream")
        return data + more
    if not data.startswith(_GZIP):
        raise InputError("bytes that are no gzip follow the gzip stream")
    return data


def _xz(data: bytes, read: Read) -> Iterator[bytes]:
    from lzma import FORMAT_XZ, LZMADecompressor, LZMAError

    try:
        machine = LZMADecompressor(FORMAT_XZ, memlimit=WINDOW)
        yield from _run(machine, data, read, "xz")
    except LZMAError as error:
        raise InputError(f"the xz stream is damaged: {error}") from None


def _bzip2(data: bytes, read: Read) -> Iterator[bytes]:
    from bz2 import BZ2Decompressor

    try:
        yield from _run(BZ2Decompressor(), data, read, "bzip2")
    except OSError as error:
        raise InputError(f"the bzip2 stream is damaged: {error}") from None


def _run(machine: Any, data: bytes, read: Read, name: str) -> Iterator[bytes]:
    """Yield what *machine*, a decompressor as the standard library's, makes of one stream."""
    while True:
        if chunk := machine.decompress(data, CHUNK):
            yield chunk
        if machine.eof:
            return
        data = b""
        if machine.needs_input and not (data := read(READ)):
            raise InputError(f"the {name} stream ends before its end")


def _zstd(data: bytes, read: Read) -> Iterator[bytes]:
    from zstandard import ZstdDecompressor, ZstdError

    class Rest:
        """What ZstdDecompressor reads from."""

        def read(self, size: int = -1, /) -> bytes:
            nonlocal data
            found, data = data or read(size), b""
            return found

    machine = ZstdDecompressor(max_window_size=WINDOW)
    rest: Any = Rest()  # its stub asks for a whole file; ``read`` is what it uses
    try:
        reader = machine.stream_reader(rest, read_size=READ, read_across_frames=True)
        some = False
        while chunk := reader.read(CHUNK):
            some = True
            yield chunk
        if not some:  # it does not say where it breaks off; the tar, or its digest, will
            raise InputError("the zstd stream ends before its end")
    except ZstdError as error:
        raise InputError(f"the zstd stream is damaged: {error}") from None
