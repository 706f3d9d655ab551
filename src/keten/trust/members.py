"""Members of a JSON object from outside, each of the type that it must have, or TrustError.

For documents of Sigstore, which are protocol buffers as JSON: bytes are base64 in either
alphabet (DSSE, "Parameters"), 64-bit integers come as text, times as RFC 3339.
"""

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Any

from keten.errors import TrustError

_DIGITS = 18
_TIME = 40
"""The most characters of a time."""


def table(value: Any, what: str = "a part of the attestation") -> dict[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise TrustError(f"{what} is missing, or no object")
    return value


def listed(value: Any, what: str, most: int) -> list[Any]:
    """Return a list of at most *most* items; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TrustError(f"the {what} are no list")
    if len(value) > most:
        raise TrustError(f"more than {most:,} {what}")
    return value


def octets(value: Any, what: str, most: int) -> bytes:
    """Return base64 decoded; standard and URL-safe letters, as DSSE demands of readers."""
    if not isinstance(value, str) or not value:
        raise TrustError(f"the attestation has no {what}")
    if len(value) > most * 2:
        raise TrustError(f"the {what} is larger than {most:,} bytes")
    try:
        return b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustError(f"the {what} is no base64") from error


def count(value: Any, what: str) -> int:
    """Return an integer of at least 0, as a number or as digits; 0 where there is none."""
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        found = int(value)
    else:
        raise TrustError(f"the {what} is no number")
    if not 0 <= found < 10**_DIGITS:
        raise TrustError(f"the {what} is out of range")
    return found


def text(value: Any, what: str, most: int) -> str:
    """Return text of at most *most* characters; "" where there is none."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise TrustError(f"the {what} is no text, or too long")
    return value


def moment(value: Any, what: str) -> int | None:
    """Return an RFC 3339 time as seconds since 1970, None where there is none."""
    said = text(value, what, _TIME)
    if not said:
        return None
    try:
        when = datetime.fromisoformat(said)
    except ValueError as error:
        raise TrustError(f"the {what} is no time") from error
    if when.tzinfo is None:
        raise TrustError(f"the {what} says no zone")
    return int(when.timestamp())
