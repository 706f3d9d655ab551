# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""What a secret's own structure proves offline: checksums, decodings, lengths.

A judge gets the secret's bytes and returns a Match: how sure, and what was checked. Where a
checksum does not hold the value is still reported, at a low confidence: a token that was
shortened or masked by hand is worth a look, but not a gate. None refuses.
"""

import binascii
import zlib
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable

import msgspec

from keten.model.plug import Match

HOLDS = "checksum holds"
FAILS = "checksum does not hold"
BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BECH32 = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_SUM = 6
# The published keys of the Azurite and Cosmos DB emulators, the same for everybody.
_EMULATORS = (b"Eby8vdM02xNOcqFl", b"C2y6yDjf5/R+ob0N")


def base62(number: int, width: int = _SUM) -> bytes:
    """Return *number* in base 62, most significant digit first, padded with ``0``."""
    digits = bytearray()
    while number:
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return bytes(digits[::-1]).rjust(width, b"0")


def _verdict(holds: bool) -> Match:  # noqa: FBT001 the one argument is the verdict
    return Match(98, HOLDS) if holds else Match(40, FAILS)


def github(value: bytes) -> Match:
    """Judge ``ghp_`` and its sisters: CRC-32 of the body, base 62, in the last six digits."""
    body = value.partition(b"_")[2]
    return _verdict(base62(zlib.crc32(body[:-_SUM])) == body[-_SUM:])


def no_name(value: bytes) -> Match | None:
    """Refuse what is a name of a program, as in ``self.__auth = package.module.Class``."""
    named = all(part.isidentifier() for part in value.decode("latin-1").split("."))
    plain = b"." in value or not any(48 <= char <= 57 for char in value)
    return None if named and plain and not value.startswith(b"eyJ") else Match(75)


def npm(value: bytes) -> Match:
    """Judge ``npm_``: as GitHub's."""
    return github(value)


def grafana(value: bytes) -> Match:
    """Judge ``glsa_``: CRC-32 of ``glsa_`` and the secret, in hexadecimal."""
    head, _, check = value.rpartition(b"_")
    return _verdict(f"{zlib.crc32(head):08x}".encode() == check.lower())


def age(value: bytes) -> Match:
    """Judge an age identity: Bech32 (BIP 173) with its six-character checksum."""
    text = value.lower()
    prefix, _, data = text.rpartition(b"1")
    marks = [BECH32.find(char) for char in data]
    if -1 in marks:
        return Match(40, "not Bech32")
    numbers = [char >> 5 for char in prefix] + [0] + [char & 31 for char in prefix] + marks
    return _verdict(_polymod(numbers) == 1)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                check ^= term
    return check


def unpad(text: bytes) -> bytes | None:
    """Return what base64 (either alphabet, padded or not) holds, or None."""
    try:
        return urlsafe_b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4))
    except (binascii.Error, ValueError):
        return None


def standard(text: bytes) -> bytes | None:
    """Return what padded base64 holds, strictly, or None."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def jwt(value: bytes) -> Match | None:
    """Judge a JWT: its header is JSON with ``alg``. ``none`` and public claims stay weak."""
    header = unpad(value.split(b".", 1)[0])
    if not header or not header.startswith(b"{"):
        return None
    if b'"alg"' not in header:
        return Match(40, "header decodes, names no algorithm")
    try:
        msgspec.json.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Match(40, "header is damaged")
    return Match(75, "header decodes")


def opaque_json(value: bytes) -> Match | None:
    """Judge a key that is base64 of a JSON object (Grafana, Supabase, Mapbox, Docker)."""
    body = unpad(value)
    if not body or not body.lstrip().startswith(b"{"):
        return None
    return Match(85, "decodes to a JSON object")


def pypi(value: bytes) -> Match:
    """Judge a PyPI token: a version 2 macaroon whose location is pypi.org."""
    body = unpad(value[5:])
    if body and body[:2] == b"\x02\x01" and b"pypi.org" in body[:20]:
        return Match(95, "macaroon decodes")
    return Match(40, "macaroon does not decode")


def aws_key(value: bytes) -> Match:
    """Judge an AWS key id; newer ids carry the account's number (bits 1 to 40 of 80)."""
    body = value[4:]
    try:
        number = int.from_bytes(_base32(body)[:6])
    except ValueError:
        return Match(50)
    account = (number & 0x7FFFFFFFFF80) >> 7
    if account < 10**12 and body[:1] >= b"Q":
        return Match(80, f"belongs to account {account:012d}")
    return Match(65)


def _base32(text: bytes) -> bytes:
    number = 0
    for char in text:
        digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(char)
        if digit < 0:
            raise ValueError("not base32")
        number = number << 5 | digit
    return number.to_bytes(len(text) * 5 // 8)


def base64_of(length: int) -> Callable[[bytes], Match | None]:
    """Return a judge of padded base64 that must hold exactly *length* bytes."""

    def judge(value: bytes) -> Match | None:
        body = standard(value)
        if body is None or len(set(value)) < 12 or value.startswith(_EMULATORS):
            return None
        if len(body) != length:
            return Match(35, f"holds {len(body)} bytes, not {length}")
        return Match(90, f"holds {length} bytes")

    return judge


def basic(value: bytes) -> Match | None:
    """Judge HTTP Basic credentials: base64 of ``user:password``, both there."""
    body = unpad(value)
    if not body or not body.isascii() or not body.decode().isprintable():
        return None
    user, colon, password = body.partition(b":")
    if not colon or not password or not user:
        return None
    from keten.secrets.placeholders import hollow

    return (
        None if hollow(password, password=True) else Match(80, "decodes to a name and a password")
    )


def openai(_: bytes) -> Match:
    """Judge an OpenAI key: the vendor's mark stands in its middle."""
    return Match(90, "carries the vendor's mark")


def gitlab(value: bytes) -> Match:
    """Judge a GitLab token; a routable one ends in the CRC-32 of all before it, base 36."""
    head, dot, tail = value.rpartition(b".")
    if not dot or len(tail) != 9:
        return Match(85, "prefix and length fit")
    try:
        check = int(tail[2:], 36)
    except ValueError:
        return Match(60)
    if zlib.crc32(head + b"." + tail[:2]) == check:
        return Match(98, HOLDS)
    return Match(70, "prefix and length fit")


def wireguard(value: bytes) -> Match | None:
    """Judge a WireGuard key: base64 of 32 bytes."""
    body = standard(value)
    return Match(80, "holds 32 bytes") if body and len(body) == 32 else None
