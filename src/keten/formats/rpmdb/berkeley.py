"""Packages of rpm before 4.16: a hash table of Berkeley DB, in either byte order.

Berkeley DB's dbinc/db_page.h: a page of metadata, then pages of a hash table (pairs of key and
value) and of overflow (the parts of a long value, each naming the next). All pages of the hash
are read in order; buckets do not matter to who wants everything.
"""

from collections.abc import Iterator

from keten.errors import InputError

_MAGIC = 0x061561
_HASH_META, _HASH_UNSORTED, _HASH, _OVERFLOW = 8, 2, 13, 7
_KEYDATA, _OFFPAGE = 1, 3
_HEAD = 26
_OFFPAGE_SIZE = 12
_KEY = 4
_LEAST, _MOST = 512, 65536


def takes(data: bytes) -> bool:
    """Return whether *data* begins as a hash table of Berkeley DB does."""
    magic = data[12:16]
    return _MAGIC in {int.from_bytes(magic, "little"), int.from_bytes(magic, "big")}


def blobs(data: bytes) -> Iterator[bytes | str]:
    """Yield the headers in the order of the file, or what was wrong with one."""
    file = _File(data)
    for number in range(1, len(data) // file.size):
        start = number * file.size
        if data[start + 25] in {_HASH, _HASH_UNSORTED}:
            yield from file.values(number)


class _File:
    def __init__(self, data: bytes) -> None:
        if len(data) < _LEAST:
            raise InputError("a Berkeley DB that is cut short")
        little = int.from_bytes(data[12:16], "little") == _MAGIC
        self.order = "little" if little else "big"
        self.data = data
        self.size = self.number(20, 4)
        if not _LEAST <= self.size <= _MOST or self.size & (self.size - 1):
            raise InputError(f"a Berkeley DB with pages of {self.size} bytes")
        if data[25] != _HASH_META:
            raise InputError("a Berkeley DB that is no hash table")
        if data[24] or data[26] & 1:
            raise InputError("a Berkeley DB that is encrypted or has checksums: rpm's has neither")
        # No page holds parts of two values: whoever reads more than there are goes round.
        self.left = len(data) // self.size

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(
            self.data[at : at + size], "little" if self.order == "little" else "big"
        )

    def values(self, number: int) -> Iterator[bytes | str]:
        """Yield the values of one page; those of key 0 count and are no header."""
        start = number * self.size
        entries = self.number(start + 20, 2)
        if _HEAD + entries * 2 > self.size or entries % 2:
            yield f"page {number} has {entries} entries"
            return
        places = [self.number(start + _HEAD + 2 * n, 2) for n in range(entries)]
        for n in range(1, entries, 2):
            key = self._inline(start, places, n - 1)
            if key is None or len(key) != _KEY or not any(key):
                continue
            try:
                yield self._value(start, places, n)
            except InputError as error:
                yield f"page {number}: {error.what}"

    def _value(self, start: int, places: list[int], n: int) -> bytes:
        at = start + places[n]
        if places[n] + 1 > self.size or places[n] < _HEAD:
            raise InputError("an entry outside of its page")
        if self.data[at] == _OFFPAGE:
            if places[n] + _OFFPAGE_SIZE > self.size:
                raise InputError("an entry that leaves its page")
            return self._long(self.number(at + 4, 4), self.number(at + 8, 4))
        found = self._inline(start, places, n)
        if found is None:
            raise InputError("an entry of an unknown kind")
        return found

    def _inline(self, start: int, places: list[int], n: int) -> bytes | None:
        """Return an entry that stands in its page: it ends where the one before it starts."""
        end = places[n - 1] if n else self.size
        if not _HEAD <= places[n] < end <= self.size or self.data[start + places[n]] != _KEYDATA:
            return None
        return self.data[start + places[n] + 1 : start + end]

    def _long(self, page: int, length: int) -> bytes:
        if length > len(self.data):
            raise InputError(f"a header of {length:,} bytes, more than the file has")
        parts = []
        while length > 0:
            start = page * self.size
            self.left -= 1
            if self.left < 0:
                raise InputError("overflow pages that go round in a circle")
            if not page or start + self.size > len(self.data):
                raise InputError(f"page {page} is not in the file")
            if self.data[start + 25] != _OVERFLOW:
                raise InputError(f"page {page} holds no part of a header")
            size = min(self.number(start + 22, 2), self.size - _HEAD, length)
            parts.append(self.data[start + _HEAD : start + _HEAD + size])
            length -= size
            page = self.number(start + 16, 4)
        return b"".join(parts)
