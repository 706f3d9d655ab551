"""What readers of all formats begin with: ceilings, decoding, hashes in one spelling."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats import malformed
from keten.formats.lazy_pattern import lazy
from keten.formats.sbom.records import MAX_BYTES, MAX_OBJECTS

ERRORS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What a decoder raises of outside bytes."""
_EXPORT = "Write it again with the tool that made it."
_ALGORITHM = lazy(r"[^a-z0-9]")


def bounded(data: bytes) -> None:
    """Raise CeilingError for a document of more bytes or objects than are read."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes is more than the {MAX_BYTES:,} that are read")
    if data.count(b"{") > MAX_OBJECTS:
        raise CeilingError(f"more than {MAX_OBJECTS:,} objects in one document")


def opened(decoder: Any, data: bytes, named: str) -> Any:
    """Return what *decoder* makes of a document of the format *named*; InputError for none."""
    bounded(data)
    try:
        return decoder.decode(data)
    except ERRORS as error:
        why = malformed.why(error)
        raise InputError(f"no {named} document: {why}", advice=_EXPORT) from error


def hashes(pairs: Any) -> Iterator[str]:
    """Yield ``sha256:hex`` for each (algorithm, value), whatever the algorithm's spelling."""
    for name, value in pairs:
        if name and value:
            yield f"{algorithm(name)}:{value.lower()}"


@lru_cache(256)
def algorithm(written: str) -> str:
    """Return the name of a hash algorithm as keten spells it: ``sha512``, ``sha3-512``."""
    name = _ALGORITHM.sub("", written.lower())
    if name.startswith("sha3") and name != "sha384":
        return f"sha3-{name[4:]}"
    return f"blake2b-{name[7:]}" if name.startswith("blake2b") else name
