"""Credentials that their owner publishes for everybody to use: nothing to revoke.

Known by their digest, so that the same name with another value is still found. To add one, give
where it is published and ``blake2b(value, digest_size=16)``.
"""

from hashlib import blake2b

_CHROMIUM = "Google's keys for Debian's chromium, published in its package (etc/chromium.d/apikeys)"
_KNOWN = {
    "416d12b76eea626f91adbc5989d018f2": _CHROMIUM,
    "30ad76ad8bb00c0db07eb22a36d2ae00": _CHROMIUM,
}
MAX_VALUE = 4096
"""The longest value that is looked up, in bytes."""


def published(value: bytes) -> str:
    """Return who publishes *value* for all, and where; "" for what is not known to be."""
    if len(value) > MAX_VALUE:
        return ""
    return _KNOWN.get(blake2b(value, digest_size=16).hexdigest(), "")
