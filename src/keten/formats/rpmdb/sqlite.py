"""rpmdb.sqlite: the table ``Packages(hnum, blob)``, its B-tree walked here.

https://www.sqlite.org/fileformat2.html. The library itself is kept away from bytes of an
image: a database can bring views, triggers and damage that it would act on. What is needed of
the format is one table, read once.
"""

from collections.abc import Iterator

from keten.errors import CeilingError, InputError

MAGIC = b"SQLite format 3\x00"
MAX_DEPTH = 20
MAX_ROWS = 200_000
_HEADER = 100
_LEAF, _INTERIOR = 0x0D, 0x05
_TABLE = b"packages"


def blobs(data: bytes) -> Iterator[bytes | str]:
    """Yield the blobs of ``Packages`` in order of their keys, or what was wrong with one."""
    file = _File(data)
    root = 0
    for payload in file.rows(1):
        row = file.record(payload)
        if row[:1] == [b"table"] and isinstance(row[1], bytes) and row[1].lower() == _TABLE:
            if not isinstance(row[3], int):
                raise InputError("the table Packages has no page")
            root = row[3]
            break
    if not root:
        raise InputError("a SQLite database without a table Packages")
    for payload in file.rows(root):
        try:
            row = file.record(payload)
        except InputError as error:
            yield error.what
            continue
        blob = row[1] if len(row) > 1 else None
        yield blob if isinstance(blob, bytes) else "a row that holds no header"


class _File:
    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER:
            raise InputError("a SQLite database that is cut short")
        size = int.from_bytes(data[16:18], "big")
        self.size = 65536 if size == 1 else size
        if self.size < 512 or self.size & (self.size - 1):  # noqa: PLR2004 the least there is
            raise InputError(f"a SQLite database with pages of {self.size} bytes")
        self.usable = self.size - data[20]
        if self.usable < 480:  # noqa: PLR2004 the least there is
            raise InputError("a SQLite database whose pages have no room")
        self.data = data
        # No page holds two rows' overflow: whoever reads more than there are goes round.
        self.left = len(data) // self.size + 1
        self.visited: set[int] = set()

    def page(self, number: int) -> bytes:
        start = (number - 1) * self.size
        if number < 1 or start + self.size > len(self.data):
            raise InputError(f"page {number} is not in the file")
        return self.data[start : start + self.size]

    def rows(self, root: int) -> Iterator[tuple[bytes, int, int, int]]:
        """Yield of each row the page, where its payload starts, its size, its overflow page."""
        stack = [(root, 0)]
        self.visited.clear()
        count = 0
        while stack:
            number, depth = stack.pop()
            if number in self.visited or depth > MAX_DEPTH:
                raise InputError(f"page {number} is its own parent")
            self.visited.add(number)
            page = self.page(number)
            at = _HEADER if number == 1 else 0
            kind = page[at]
            cells = int.from_bytes(page[at + 3 : at + 5], "big")
            first = at + (12 if kind == _INTERIOR else 8)
            if kind not in {_LEAF, _INTERIOR} or first + cells * 2 > self.size:
                raise InputError(f"page {number} is not a page of a table")
            pointers = [
                int.from_bytes(page[p : p + 2], "big") for p in range(first, first + cells * 2, 2)
            ]
            if kind == _INTERIOR:
                right = int.from_bytes(page[at + 8 : at + 12], "big")
                children = [int.from_bytes(page[p : p + 4], "big") for p in pointers]
                stack += [(child, depth + 1) for child in (right, *reversed(children))]
                continue
            count += cells
            if count > MAX_ROWS:
                raise CeilingError(f"more than {MAX_ROWS:,} rows")
            for pointer in pointers:
                length, at_key = _varint(page, pointer)
                _, start = _varint(page, at_key)
                yield page, start, length, number

    def record(self, row: tuple[bytes, int, int, int]) -> list[bytes | int | None]:
        """Return the values of a row; InputError where it does not hold together."""
        payload = self._payload(row)
        head, at = _varint(payload, 0)
        if not 0 < head <= min(len(payload), 1000):
            raise InputError(f"page {row[3]} has a row without a head")
        kinds = []
        while at < head:
            kind, at = _varint(payload, at)
            kinds.append(kind)
        values: list[bytes | int | None] = []
        for kind in kinds:
            if kind >= 12:  # noqa: PLR2004 blobs are even, texts odd
                size = (kind - 12) // 2
                values.append(payload[at : at + size])
            else:
                size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
                number = int.from_bytes(payload[at : at + size], "big", signed=True)
                values.append({0: None, 8: 0, 9: 1}.get(kind, number))
            at += size
            if at > len(payload):
                raise InputError(f"page {row[3]} has a row that is cut short")
        return values

    def _payload(self, row: tuple[bytes, int, int, int]) -> bytes:
        page, start, length, number = row
        most = self.usable - 35
        if length <= most:
            return page[start : start + length]
        if length > len(self.data):
            raise InputError(f"page {number} has a row of {length:,} bytes, more than the file")
        least = (self.usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self.usable - 4)
        if here > most:
            here = least
        if start + here + 4 > self.size:
            raise InputError(f"page {number} has a row that leaves its page")
        parts = [page[start : start + here]]
        following = int.from_bytes(page[start + here : start + here + 4], "big")
        left = length - here
        while left > 0:
            self.left -= 1
            if self.left < 0:
                raise InputError("overflow pages that go round in a circle")
            at = (following - 1) * self.size
            if following < 1 or at + self.usable > len(self.data):
                raise InputError(f"page {following} is not in the file")
            size = min(left, self.usable - 4)
            parts.append(self.data[at + 4 : at + 4 + size])
            left -= size
            following = int.from_bytes(self.data[at : at + 4], "big")
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a variable-length integer and where it ends."""
    value = 0
    for count in range(9):
        if at >= len(data):
            raise InputError("a number that leaves its page")
        byte = data[at]
        at += 1
        if count == 8:  # noqa: PLR2004 the ninth byte is whole
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 the last
            return value, at
    raise AssertionError
