"""Packages.db, rpm's own database (SUSE): slots that point at blobs, all little-endian.

rpm's lib/backend/ndb/rpmpkg.c: a file header of two slots' size, pages of 16-byte slots, blobs in
blocks of 16 bytes, each with a head and a tail.
"""

from collections.abc import Iterator
from struct import Struct as Layout

from keten.errors import CeilingError, InputError

MAGIC = b"RpmP"
MAX_SLOT_PAGES = 2048
_PAGE, _BLOCK = 4096, 16
_WORDS = Layout("<4sIII")
_HEAD, _TAIL = 16, 12


def blobs(data: bytes) -> Iterator[bytes | str]:
    """Yield the blobs in the order of the packages' numbers, or what was wrong with one."""
    if len(data) < _PAGE:
        raise InputError("an rpm database (ndb) that is cut short")
    _, version, _, pages = _WORDS.unpack_from(data)
    if version:
        raise InputError(f"an rpm database (ndb) of version {version}")
    if pages > MAX_SLOT_PAGES:
        raise CeilingError(f"{pages:,} pages of slots")
    if not pages or pages * _PAGE > len(data):
        raise InputError("an rpm database (ndb) whose slots are not in the file")
    slots = [
        (number, offset, count)
        for magic, number, offset, count in _WORDS.iter_unpack(data[: pages * _PAGE])
        if magic == b"Slot" and number and offset
    ]
    # No two packages share a block: whoever asks for more than there are lies.
    left = len(data) // _BLOCK
    for number, offset, count in sorted(slots):
        left -= count
        if left < 0:
            raise InputError("packages that share their place in the file")
        yield _blob(data, number, offset, count)


def _blob(data: bytes, number: int, offset: int, count: int) -> bytes | str:
    start, size = offset * _BLOCK, count * _BLOCK
    if start + size > len(data) or size < _HEAD + _TAIL:
        return f"package {number} is not in the file"
    magic, owner, _, length = _WORDS.unpack_from(data, start)
    if magic != b"BlbS" or owner != number or length > size - _HEAD - _TAIL:
        return f"package {number} points at what is not its header"
    return data[start + _HEAD : start + _HEAD + length]
