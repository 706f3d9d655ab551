"""Numbers in tar headers, and the headers that speak of the next: pax records, long names."""

import re

from keten.errors import CeilingError, InputError

GLOBAL, LONG_NAME, LONG_LINK = b"gLK"

HEADER = 5
"""How many records a header counts that speaks of the next one: it is as dear to read."""
SHORT = 4096
"""What is longer is read record by record at once: to search it first is dearer."""

_DIGITS = 24
_NAMES = (b"path", b"linkpath", b"uname", b"gname", b"GNU.sparse.name")
_FRAGMENT = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")


_LONG = bytes((LONG_NAME, LONG_LINK))
telling = re.compile(rb"path=|size=|[ug]id=|GNU\.sparse|\.capability=").search
"""Finds whether a pax header's content may say what keten asks for; most is times."""


class Pax:
    """What was said of the next member. At most *ceiling* records in one archive; *left* are."""

    def __init__(self, ceiling: int) -> None:
        self.left = ceiling
        self.pending = False
        self.records: dict[bytes, bytes] = {}
        self.fragments: list[bytes] = []
        self.long_name = self.long_link = b""

    def clear(self) -> None:
        """Forget: the member has come."""
        self.pending = False
        self.records, self.fragments = {}, []
        self.long_name = self.long_link = b""

    def take(self, kind: int, data: bytes) -> None:
        """Take in the content of a header of *kind* ``x``, ``g``, ``L`` or ``K``. InputError."""
        self._count(HEADER)
        if kind == GLOBAL:
            self.clear()
            return
        self.pending = True
        if kind == LONG_NAME:
            self.long_name = data.split(b"\0", 1)[0]
        elif kind == LONG_LINK:
            self.long_link = data.split(b"\0", 1)[0]
        else:
            self.records, self.fragments = {}, []
            self._records(data)

    def number(self, key: bytes, other: int) -> int:
        """Return the record *key* as a number, *other* where there is none."""
        value = self.records.get(key)
        if not value:
            return other
        digits = value.removeprefix(b"-")
        if not digits.isdigit() or len(digits) > _DIGITS:
            raise InputError(f"the pax record {key.decode()} is no number")
        found = int(value)
        if key == b"size" and not 0 <= found < 1 << 63:
            raise InputError("a size in a pax record is out of range")
        return found

    def _count(self, records: int) -> None:
        self.left -= records
        if self.left < 0:
            what = f"more pax records and long names than are read (one counts {HEADER} more)"
            raise CeilingError(what, advice="Scan what is in it as a folder.")

    def _records(self, data: bytes) -> None:
        at, end = 0, len(data)
        while at < end:
            self._count(1)
            space = data.find(b" ", at, at + _DIGITS)
            length = data[at:space] if space > 0 else b""
            if not length.isdigit():
                raise InputError("a pax record does not begin with its length")
            after = at + int(length)
            if not space < after <= end or data[after - 1] != 10:  # noqa: PLR2004 newline
                raise InputError("a pax record is not as long as it says")
            key, equals, value = data[space + 1 : after - 1].partition(b"=")
            if not equals or not key or (0 in (value if key in _NAMES else key)):
                raise InputError("a pax record is not of the form key=value")
            if key in _FRAGMENT:
                self.fragments.append(value)
            else:
                self.records[key] = value
            at = after


def number(field: bytes, what: str) -> int:
    """Return a number of a header: octal digits, or base-256 (GNU). InputError."""
    if field and field[0] & 0x80:
        if field[0] & 0x40:
            value = int.from_bytes(field, "big", signed=True)
        else:
            value = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
        if not -(1 << 63) <= value < 1 << 63 or (what == "size" and value < 0):
            raise InputError(f"the {what} in a tar header is out of range")
        return value
    digits = field.strip(b" \0").split(b"\0", 1)[0]
    if not digits:
        return 0
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise InputError(f"the {what} in a tar header is no octal number")
    return int(digits, 8)
