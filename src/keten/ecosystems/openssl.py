"""OpenSSL: ``1.0.2k`` with letters up to 1.1.1, Semantic Versioning from 3.0 on."""

import re
from typing import Any

from keten.formats.versions import semver
from keten.formats.versions.order import clean, refuse
from keten.model.plug import Ecosystem

_VERSION = re.compile(r"([0-9]+(?:\.[0-9]+)*)([a-z]*)(?:[-.]?(.*))?", re.DOTALL)


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; after ``z`` comes ``za``, so letters order as text."""
    match = _VERSION.fullmatch(clean(version).lower())
    if match is None:
        raise refuse(version, "OpenSSL")
    release, _ = semver.split(match[1])
    rest = match[3].partition("+")[0]
    return (release, match[2], *((0, *semver.identifiers(rest)) if rest else (1,)))


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of a list of versions, as OpenSSL's advisories give it."""
    return tuple([("=", version) for version in map(str.strip, text.split(",")) if version])


ECOSYSTEM = Ecosystem(
    title="OpenSSL",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("openssl",),
    native=native,
)
