"""Digests as OCI writes them, ``algorithm:hex`` (image-spec, descriptor.md), and their check."""

import hashlib
import re

from keten.errors import InputError
from keten.formats.oci.records import Descriptor

SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hexadecimal digits of the algorithms that keten computes."""
_HEX = re.compile(r"[0-9a-f]+")


def parse(text: str) -> tuple[str, str]:
    """Return algorithm and hex digits; InputError where it is no digest that can be checked."""
    algorithm, colon, value = text.partition(":")
    size = SIZES.get(algorithm)
    if not colon or size is None or len(value) != size or not _HEX.fullmatch(value):
        raise InputError(
            f"{text[:150]!r} is no digest that can be checked",
            advice=f"Digests are {', '.join(SIZES)} in lower-case hexadecimal digits.",
        )
    return algorithm, value


def of(data: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of *data*."""
    return f"{algorithm}:{hashlib.new(algorithm, data, usedforsecurity=True).hexdigest()}"


def differs(data: bytes, descriptor: Descriptor) -> tuple[str, str] | None:
    """Return what *descriptor* expects and what *data* is, or None where they agree.

    Size counts too: a runtime refuses a blob of another size, whatever its digest.
    """
    algorithm, _ = parse(descriptor.digest)
    found = of(data, algorithm)
    if found != descriptor.digest:
        return descriptor.digest, found
    if descriptor.size not in (-1, len(data)):
        return f"{found} of {descriptor.size} bytes", f"{found} of {len(data)} bytes"
    return None
