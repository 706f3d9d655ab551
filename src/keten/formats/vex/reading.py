"""Read a VEX document of any of the formats: each file is of its own."""

import re

from keten.errors import CeilingError, InputError
from keten.formats.vex.document import MAX_BYTES, Document

_KINDS = (
    ("openvex", re.compile(rb'"@context"\s*:\s*"https://openvex\.dev/ns')),
    ("csaf", re.compile(rb'"csaf_version"\s*:\s*"')),
    ("cyclonedx", re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"')),
)


def kind(data: bytes) -> str:
    """Return which format *data* is in, "" where it is none of them."""
    places = [(found.start(), name) for name, how in _KINDS if (found := how.search(data))]
    return min(places)[1] if places else ""


def read(data: bytes) -> Document:
    """Return the document in *data*; InputError for what is no VEX, or none that is read."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes of VEX; at most {MAX_BYTES:,} are read")
    found = kind(data)
    if found == "openvex":
        from keten.formats.vex import openvex

        return openvex.read(data)
    if found == "csaf":
        from keten.formats.vex import csaf

        return csaf.read(data)
    if found == "cyclonedx":
        from keten.formats.vex import cyclonedx

        return cyclonedx.read(data)
    raise InputError(
        "no VEX that keten knows", advice="OpenVEX, CSAF 2.0 or 2.1, or CycloneDX, as JSON."
    )
