# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""Private keys in PEM (RFC 7468) and its older forms: whether there really is one inside."""

import binascii
from base64 import b64decode, urlsafe_b64decode

from keten.model.plug import Match

_LEAST = 64  # base64 characters; the shortest real one (PKCS #8 Ed25519) has 64
_OPENSSH = b"openssh-key-v1\0"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_KEEP = bytes(_ALPHABET)
_LEFT_OUT = frozenset(
    (b".", b"..", b"...", b"....", b"[...]", b"(...)", b"<snip>", b"\xe2\x80\xa6")
)
ENCRYPTED = "is encrypted"


def private_key(value: bytes) -> Match | None:
    """Judge from ``-----BEGIN`` on: the body decodes and its DER or OpenSSH length fits.

    Line ends may be escaped and the lines may be strings of a program. A body that is too
    short to be a key is an example and is refused.
    """
    head, _, rest = value[5:].partition(b"-----")
    rest = rest.partition(b"-----END")[0]
    for escape in (b"\\\\n", b"\\\\r", b"\\n", b"\\r", b"\\t", b"\\u000a"):
        rest = rest.replace(escape, b"\n")
    locked = b"ENCRYPTED" in head or b"ENCRYPTED" in rest[:200]
    lines = [line for line in rest.splitlines() if b": " not in line]
    if any(line.strip(b" \t\"'#*;/+,") in _LEFT_OUT for line in lines):
        return Match(30, "is cut short")
    body = b"".join(lines).translate(None, delete=bytes(set(range(256)) - set(_KEEP)))
    if len(body) < _LEAST or len(set(body)) < 12:
        return None
    if b"PGP" in head:
        return Match(70, "is armoured")
    return _decoded(body, locked=locked)


def _decoded(body: bytes, *, locked: bool) -> Match:
    core = body.rstrip(b"=")
    try:
        data = b64decode(core[: len(core) - (len(core) % 4 == 1)] + b"===")
    except binascii.Error:
        return Match(40, "does not decode")
    if data.startswith(_OPENSSH):
        cipher = data[len(_OPENSSH) + 4 :][: int.from_bytes(data[len(_OPENSSH) :][:4])]
        locked = locked or cipher != b"none"
    elif not locked and not _der(data):
        return Match(45, "is cut short or altered")
    return Match(80, ENCRYPTED) if locked else Match(95, "decodes to a key")


def _der(data: bytes) -> bool:
    """Return whether a DER sequence stands here whole (X.690 8.1.3)."""
    if len(data) < 32 or data[0] != 0x30:
        return False
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if count > 4:
            return False
        length, start = int.from_bytes(data[2 : 2 + count]), 2 + count
    return start + length == len(data)


def wrapped(value: bytes) -> Match | None:
    """Judge base64 that holds PEM: a private key within counts, a certificate does not."""
    core = value.rstrip(b"=")
    core = core[: len(core) - (len(core) % 4 == 1)]
    try:
        inner = urlsafe_b64decode(core.replace(b"+", b"-").replace(b"/", b"_") + b"===")
    except binascii.Error:
        return None
    if b"PRIVATE KEY" not in inner[:60]:
        return None
    return private_key(inner)
