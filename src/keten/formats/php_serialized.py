"""PHP's serialised values (``serialize()``): strings, numbers, arrays; no objects.

Format: ``s:LENGTH:"BYTES";``, ``i:1;``, ``d:0.5;``, ``b:1;``, ``N;``, ``a:COUNT:{key value ...}``.
Lengths are of bytes. Objects and references, which a reader of data has no use for, are refused.
"""

from typing import Any

from keten.errors import CeilingError, InputError

MAX_DEPTH = 50
MAX_VALUES = 500_000
MAX_DIGITS = 18


def decode(data: bytes) -> Any:
    """Return the value: texts are ``bytes``, arrays dictionaries. InputError where it is none."""
    return _Reader(data).value(0)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.count = 0

    def value(self, depth: int) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise CeilingError(f"more than {MAX_VALUES:,} values, or deeper than {MAX_DEPTH}")
        kind = self.data[self.at : self.at + 2]
        self.at += 2
        match kind:
            case b"N;":
                return None
            case b"i:" | b"b:":
                return self._number(b";")
            case b"d:":
                return self._until(b";").decode("latin-1")
            case b"s:":
                return self._text()
            case b"a:":
                return self._array(depth)
        raise InputError(f"no serialised value of PHP at byte {self.at - 2}", line=1)

    def _text(self) -> bytes:
        length = self._number(b":")
        start = self.at + 1
        self.at = start + length + 2
        if length < 0 or self.data[start - 1 : start] + self.data[self.at - 2 : self.at] != b'"";':
            raise InputError(f"a text that does not end where it says, at byte {start}", line=1)
        return self.data[start : start + length]

    def _array(self, depth: int) -> dict[Any, Any]:
        count = self._number(b":")
        self._expect(b"{")
        found: dict[Any, Any] = {}
        for _ in range(min(count, MAX_VALUES)):
            key = self.value(depth + 1)
            found[key if isinstance(key, bytes | int) else None] = self.value(depth + 1)
        self._expect(b"}")
        return found

    def _number(self, end: bytes) -> int:
        text = self._until(end)
        if not text.removeprefix(b"-").isdigit():
            raise InputError(f"no number at byte {self.at}", line=1)
        return int(text)

    def _until(self, end: bytes) -> bytes:
        at = self.data.find(end, self.at, self.at + MAX_DIGITS + 8)
        if at < 0 or at - self.at > MAX_DIGITS + 2:
            raise InputError(f"a number that does not end, at byte {self.at}", line=1)
        text = self.data[self.at : at]
        self.at = at + 1
        return text

    def _expect(self, sign: bytes) -> None:
        if self.data[self.at : self.at + 1] != sign:
            raise InputError(f"no {sign.decode()} at byte {self.at}", line=1)
        self.at += 1
