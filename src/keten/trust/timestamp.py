"""Timestamps: somebody trusted saw this signature at that time (RFC 3161, in CMS, RFC 5652).

``verify`` returns the time that a TimeStampResp proves for some bytes. All raise TrustError.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import new
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from keten.errors import TrustError
from keten.trust import certificates, der, public_key

if TYPE_CHECKING:
    from keten.trust.der import Value
    from keten.trust.trusted_root import Authority

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.12"
_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_GRANTED = (0, 1)
_WHAT = "timestamp"


class _Token(Struct, frozen=True):
    """The parts of a token: what is said (TSTInfo), by whom, and how that was signed."""

    info: bytes
    certificates: tuple[bytes, ...]
    signer: "tuple[Value, ...]"


def verify(response: bytes, data: bytes, authorities: "Sequence[Authority]") -> int:
    """Return when *data* was seen, in seconds since 1970; *response* is a TimeStampResp."""
    # 1. The authority granted it (RFC 3161, 2.4.2).
    token = _token(response)
    # 2. It speaks of these bytes: the imprint is their hash (2.4.2, messageImprint).
    when = _info(token.info, data)
    # 3. The signer's certificate is one of a trusted authority, valid at that time, and for
    #    timestamps (2.3).
    certificate, digest = _signer(token, when, authorities)
    # 4. The signature is over the attributes, these hold the digest of what is said, and name
    #    the certificate (RFC 5652, 5.4; RFC 5035, 5; RFC 5816).
    _signed(token, certificate, digest)
    return when


def _token(response: bytes) -> _Token:
    parts = der.inside(der.one(response, der.SEQUENCE, _WHAT), _WHAT)
    status = der.inside(parts[0], _WHAT) if parts else []
    if not status or der.integer(status[0]) not in _GRANTED or len(parts) < 2:  # noqa: PLR2004 status, token
        raise TrustError("the timestamp was not granted")
    content = der.inside(parts[1], _WHAT)
    if len(content) != 2 or der.oid(content[0]) != _SIGNED_DATA:  # noqa: PLR2004 type, content
        raise TrustError("the timestamp is not signed")
    signed = der.inside(der.one(content[1].content, der.SEQUENCE, _WHAT), _WHAT)
    if len(signed) < 4:  # noqa: PLR2004 version, digests, content, signers
        raise TrustError("the timestamp is damaged")
    said = der.inside(signed[2], _WHAT)
    if len(said) != 2 or der.oid(said[0]) != _TST_INFO:  # noqa: PLR2004 type, content
        raise TrustError("the timestamp signs something else")
    info = der.one(said[1].content, der.OCTETS, _WHAT).content
    held = next((item for item in signed[3:-1] if item.tag == der.CONTEXT), None)
    signers = der.inside(signed[-1], _WHAT)
    if signed[-1].tag != der.SET or len(signers) != 1:
        raise TrustError("a timestamp has exactly one signer")
    signer = tuple(der.inside(signers[0], _WHAT))
    if len(signer) < 6 or signer[3].tag != der.CONTEXT:  # noqa: PLR2004 SignerInfo with attributes
        raise TrustError("the timestamp's signer is damaged")
    chain = tuple(item.encoded for item in der.inside(held, _WHAT)) if held else ()
    return _Token(info, chain, signer)


def _info(info: bytes, data: bytes) -> int:
    """Return the time of a TSTInfo that speaks of *data*."""
    parts = der.inside(der.one(info, der.SEQUENCE, _WHAT), _WHAT)
    if len(parts) < 5:  # noqa: PLR2004 version, policy, imprint, serial, time
        raise TrustError("the timestamp is damaged")
    imprint = der.inside(parts[2], _WHAT)
    if len(imprint) != 2 or imprint[1].tag != der.OCTETS:  # noqa: PLR2004 algorithm, digest
        raise TrustError("the timestamp is damaged")
    if imprint[1].content != new(_digest(imprint[0]), data).digest():
        raise TrustError("the timestamp is of another signature")
    if parts[4].tag != der.TIME:
        raise TrustError("the timestamp says no time")
    return _time(parts[4].content)


def _time(content: bytes) -> int:
    """Return a GeneralizedTime as seconds since 1970; a fraction is cut off (RFC 3161, 2.4.2)."""
    text = content.decode("ascii", "replace")
    whole = text.removesuffix("Z").partition(".")[0]
    if not text.endswith("Z") or len(whole) != 14 or not whole.isdigit():  # noqa: PLR2004 YYYYMMDDhhmmss
        raise TrustError("the timestamp's time can not be read")
    try:
        when = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise TrustError("the timestamp's time can not be read") from error
    return int(when.timestamp())


def _digest(algorithm: "Value") -> str:
    found = _DIGESTS.get(der.oid(der.inside(algorithm, _WHAT)[0])) if algorithm.content else None
    if found is None:
        raise TrustError("the timestamp uses a hash that is not known, or too weak")
    return found


def _signer(token: _Token, when: int, authorities: "Sequence[Authority]") -> tuple[Any, str]:
    """Return the certificate that signed, and the hash that it signed with."""
    fault = TrustError("the timestamp is of no authority that is trusted")
    for authority in authorities:
        for certificate, chain in _candidates(token, authority):
            if not _names(token.signer[1], certificate):
                continue
            try:
                _trusted(certificate, chain, when, authority)
            except TrustError as error:
                fault = error
                continue
            return certificate, _digest(token.signer[2])
    raise fault


def _trusted(certificate: Any, chain: tuple[Any, ...], when: int, authority: "Authority") -> None:
    if not authority.span.holds(when):
        raise TrustError("the timestamp's authority was not trusted at that time")
    if certificate is not authority.chain[0]:
        certificates.issued(certificate, chain[0], whose=authority.url)
    certificates.valid(certificate, chain, when, certificates.TIME_STAMPING)


def _candidates(token: _Token, authority: "Authority") -> "list[tuple[Any, tuple[Any, ...]]]":
    """Return (certificate, its chain): the authority's own, and what came along."""
    own = authority.chain
    found: list[tuple[Any, tuple[Any, ...]]] = [(own[0], own[1:])] if len(own) > 1 else []
    known = {one.fingerprint(_sha256()) for one in own}
    for data in token.certificates:
        try:
            certificate = certificates.load(data, authority.url)
        except TrustError:
            continue  # one that is of no use
        if certificate.fingerprint(_sha256()) not in known:
            found.append((certificate, own))
    return found


def _sha256() -> Any:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def _names(sid: "Value", certificate: Any) -> bool:
    """Return whether a SignerIdentifier names *certificate* (RFC 5652, 5.3)."""
    from cryptography import x509

    if sid.tag == der.SEQUENCE:
        parts = der.inside(sid, _WHAT)
        return (
            len(parts) == 2  # noqa: PLR2004 issuer, serial number
            and parts[0].encoded == certificate.issuer.public_bytes()
            and der.integer(parts[1]) == certificate.serial_number
        )
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    return bool(sid.content == held.value.digest)


def _signed(token: _Token, certificate: Any, digest: str) -> None:
    from cryptography.hazmat.primitives import hashes

    attributes: dict[str, list[Value]] = {}
    for item in der.inside(token.signer[3], _WHAT):
        parts = der.inside(item, _WHAT)
        if len(parts) != 2 or der.oid(parts[0]) in attributes:  # noqa: PLR2004 type, values
            raise TrustError("the timestamp's attributes are damaged")
        attributes[der.oid(parts[0])] = der.inside(parts[1], _WHAT)
    kind = _single(attributes, _CONTENT_TYPE)
    if der.oid(kind) != _TST_INFO:
        raise TrustError("the timestamp signs something else")
    if _single(attributes, _MESSAGE_DIGEST).content != new(digest, token.info).digest():
        raise TrustError("the timestamp was changed after it was signed")
    _bound(attributes, certificate)
    # The tag of what is signed is that of a SET, not [0] (RFC 5652, 5.4).
    data = bytes([der.SET]) + token.signer[3].encoded[1:]
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    public_key.check(
        certificate.public_key(), token.signer[5].content, data,
        whose="the timestamp authority's", hashed=algorithm[digest],
    )  # fmt: skip


def _single(attributes: "dict[str, list[Value]]", name: str) -> "Value":
    values = attributes.get(name, [])
    if len(values) != 1:
        raise TrustError("the timestamp's attributes are damaged")
    return values[0]


def _bound(attributes: "dict[str, list[Value]]", certificate: Any) -> None:
    """Raise TrustError unless the signing certificate is named by its hash (RFC 5035, 3 and 5)."""
    from cryptography.hazmat.primitives.serialization import Encoding

    name = _CERTIFICATE_V2 if _CERTIFICATE_V2 in attributes else _CERTIFICATE_V1
    listed = der.inside(_single(attributes, name), _WHAT)
    first = der.inside(der.inside(listed[0], _WHAT)[0], _WHAT) if listed else []
    digest = "sha256" if name == _CERTIFICATE_V2 else "sha1"
    if first and first[0].tag == der.SEQUENCE and name == _CERTIFICATE_V2:
        digest, first = _digest(first[0]), first[1:]
    encoded = certificate.public_bytes(Encoding.DER)
    if not first or first[0].content != new(digest, encoded, usedforsecurity=False).digest():
        raise TrustError("the timestamp names another certificate than the one it is signed with")
