"""Identifiers that follow from content, so that the same document is made twice alike."""

from hashlib import sha256
from uuid import UUID


def identifier(data: bytes) -> str:
    """Return a UUID (RFC 9562 version 8: made of a hash) of *data*."""
    value = bytearray(sha256(data).digest()[:16])
    value[6] = value[6] & 0x0F | 0x80
    value[8] = value[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(value)))


def short(text: str) -> str:
    """Return 16 hex digits of *text*'s SHA-256."""
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
