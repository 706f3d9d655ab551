"""A trusted root: whose certificates, logs and timestamps count, and for which times.

Format: Sigstore's trusted_root.json (sigstore/protobuf-specs, sigstore_trustroot.proto). The
user names the file; nothing is fetched. The signatures inside each chain are checked once, when
it is read.
"""

from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError, TrustError
from keten.trust import certificates, members, public_key
from keten.trust.members import octets, table

BYTES = 4 << 20
"""The largest file, in bytes."""
INSTANCES = 100
"""The most logs or authorities of a kind."""
CHAIN = 10
"""The most certificates of a chain."""
_SMALL = 64 << 10
_NAMED = 500
_MEDIA = "application/vnd.dev.sigstore.trustedroot"
_MEDIA_TYPES = (
    f"{_MEDIA}+json;version=0.1",
    f"{_MEDIA}+json;version=0.2",
    f"{_MEDIA}.v0.1+json",
    f"{_MEDIA}.v0.2+json",
)


class Span(Struct, frozen=True):
    """A time in seconds since 1970, both ends included; None: open (sigstore_common, TimeRange)."""

    start: int | None = None
    end: int | None = None

    def holds(self, when: int) -> bool:
        """Return whether *when* is in it."""
        after = self.start is None or self.start <= when
        return after and (self.end is None or when <= self.end)


class Log(Struct, frozen=True):
    """A log of entries or of certificates: its address, *id*, *key* and when that signs.

    *checkpoint* is the id of the key in signed notes, where that is another.
    """

    url: str
    id: bytes
    key: Any
    span: Span
    checkpoint: bytes = b""


class Authority(Struct, frozen=True):
    """Who issues certificates or timestamps: the *chain*, nearest to the leaf first."""

    url: str
    chain: tuple[Any, ...]
    span: Span


class TrustedRoot(Struct, frozen=True):
    """All that is trusted."""

    issuers: tuple[Authority, ...] = ()
    certificate_logs: tuple[Log, ...] = ()
    logs: tuple[Log, ...] = ()
    timestamps: tuple[Authority, ...] = ()


def read(data: bytes, name: str = "trusted_root.json") -> TrustedRoot:
    """Return the trusted root in *data*; InputError says what is wrong with it."""
    if len(data) > BYTES:
        raise CeilingError(f"{name} has {len(data):,} bytes; at most {BYTES:,} are read")
    try:
        whole = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is no JSON: {error}") from error
    try:
        return _root(table(whole, "the whole"))
    except TrustError as error:
        raise InputError(
            f"{name} is no trusted root: {error.what}",
            advice="Take trusted_root.json of your Sigstore instance: the TUF target of that name.",
        ) from error


def _root(whole: dict[str, Any]) -> TrustedRoot:
    media = whole.get("mediaType")
    if media not in _MEDIA_TYPES:
        raise TrustError(f"it has the media type {str(media)[:80]!r}")

    def of(key: str, what: str) -> list[dict[str, Any]]:
        return [table(item, what) for item in members.listed(whole.get(key), what, INSTANCES)]

    return TrustedRoot(
        tuple(_authority(i) for i in of("certificateAuthorities", "certificate authorities")),
        tuple(_log(item) for item in of("ctlogs", "logs of certificates")),
        tuple(_log(item) for item in of("tlogs", "logs of entries")),
        tuple(_authority(item) for item in of("timestampAuthorities", "timestamp authorities")),
    )


def _log(item: dict[str, Any]) -> Log:
    """Return a log (TransparencyLogInstance)."""
    key = table(item.get("publicKey"), "the key of a log")
    url = members.text(item.get("baseUrl"), "address of a log", _NAMED)
    other = table(item.get("checkpointKeyId") or {}).get("keyId")
    name = octets(table(item.get("logId"), "the id of a log").get("keyId"), "id of a log", _SMALL)
    return Log(
        url,
        name,
        _key(octets(key.get("rawBytes"), "key of a log", _SMALL), url),
        _span(key.get("validFor")),
        octets(other, "id of a key", _SMALL) if other else b"",
    )


def _key(data: bytes, url: str) -> Any:
    """Return a key, None for one of a kind that this cryptography does not know: it proves nothing.

    A root may name keys of tomorrow; what was signed with those of today stays proven.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return public_key.load(data, f"the key of {url}")
    except TrustError as error:
        if isinstance(error.__cause__, UnsupportedAlgorithm):
            return None
        raise


def _authority(item: dict[str, Any]) -> Authority:
    """Return an authority (CertificateAuthority)."""
    url = members.text(item.get("uri"), "address of an authority", _NAMED)
    chain = table(item.get("certChain"), "the chain of an authority").get("certificates")
    found = tuple(
        certificates.load(octets(table(one).get("rawBytes"), "certificate", _SMALL), url)
        for one in members.listed(chain, "certificates of a chain", CHAIN)
    )
    if not found:
        raise TrustError(f"the chain of {url} is empty")
    certificates.linked(found, url)
    return Authority(url, found, _span(item.get("validFor")))


def _span(value: Any) -> Span:
    said = table(value or {}, "a time range")
    return Span(
        members.moment(said.get("start"), "start of a time range"),
        members.moment(said.get("end"), "end of a time range"),
    )
