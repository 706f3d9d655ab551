"""Read DER (ITU-T X.690): the values of one encoding, as far as CMS and RFC 3161 need it.

Lengths are definite and minimal, tags below 31. All raise TrustError. Nothing here goes deeper
than its caller asks.
"""

from msgspec import Struct

from keten.errors import TrustError

SEQUENCE, SET, OID, INTEGER, OCTETS, TIME = 0x30, 0x31, 0x06, 0x02, 0x04, 0x18
CONTEXT = 0xA0
"""Tag [0], constructed; [n] is CONTEXT + n."""
ITEMS = 1000
"""The most values inside one."""
_LONG = 0x80
_MOST_LENGTH = 4
_HIGH_TAG = 0x1F


class Value(Struct, frozen=True):
    """One value: its *tag*, *content*, and all of it as it was *encoded*."""

    tag: int
    content: bytes
    encoded: bytes


def one(data: bytes, tag: int, what: str) -> Value:
    """Return the only value in *data*, which has *tag*."""
    found, end = _next(data, 0, what)
    if end != len(data) or found.tag != tag:
        raise TrustError(f"the {what} is damaged")
    return found


def inside(value: Value, what: str) -> list[Value]:
    """Return the values that a value consists of."""
    found: list[Value] = []
    at = 0
    while at < len(value.content):
        item, at = _next(value.content, at, what)
        found.append(item)
        if len(found) > ITEMS:
            raise TrustError(f"the {what} has more than {ITEMS:,} parts")
    return found


def _next(data: bytes, at: int, what: str) -> tuple[Value, int]:
    """Return the value that begins at *at*, and where it ends (X.690, 8.1.3 and 10.1)."""
    if len(data) - at < 2 or data[at] & _HIGH_TAG == _HIGH_TAG:  # noqa: PLR2004 tag and length
        raise TrustError(f"the {what} is damaged")
    length, begin = data[at + 1], at + 2
    if length >= _LONG:
        octets = length - _LONG
        if not 1 <= octets <= _MOST_LENGTH or len(data) - begin < octets:
            raise TrustError(f"the {what} is damaged")
        length = int.from_bytes(data[begin : begin + octets])
        if data[begin] == 0 or length < _LONG:
            raise TrustError(f"the {what} is not in its one form (DER)")
        begin += octets
    end = begin + length
    if end > len(data):
        raise TrustError(f"the {what} is cut off")
    return Value(data[at], data[begin:end], data[at:end]), end


def oid(value: Value) -> str:
    """Return an object identifier in dotted decimal (X.690, 8.19)."""
    if value.tag != OID or not 0 < len(value.content) <= 64 or value.content[-1] & _LONG:  # noqa: PLR2004 bytes
        raise TrustError("an object identifier is damaged")
    numbers: list[int] = []
    number = 0
    for byte in value.content:
        number = number << 7 | byte & 0x7F
        if not byte & _LONG:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def integer(value: Value) -> int:
    """Return an integer of at most 64 bytes."""
    if value.tag != INTEGER or not 0 < len(value.content) <= 64:  # noqa: PLR2004 bytes
        raise TrustError("a number is damaged")
    return int.from_bytes(value.content, signed=True)
