"""Attestations of packages: a signed in-toto statement and the certificate it came with.

Formats: PEP 740 (attestation object, version 1), sigstore bundle 0.1 to 0.3 with a DSSE
envelope (npm), DSSE 1.0 (secure-systems-lab/dsse, protocol.md), in-toto Statement 0.1 and 1.
``verify`` proves that the holder of the certificate's key signed these bytes. Whether the
certificate is one that somebody trusted issued, and when it was used, it does not say: that
takes a trusted root. All raise TrustError, naming the step that does not hold.
"""

import binascii
from base64 import b64decode
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import TrustError

BYTES = 4 << 20
"""The largest payload, in bytes."""
CERTIFICATE = 64 << 10
"""The largest certificate, in bytes."""
SUBJECTS = 1000
"""The most subjects of one statement."""

_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_BUNDLES = (
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
)
# Extensions of Fulcio's certificates (sigstore/fulcio, docs/oid-info.md).
_FULCIO = "1.3.6.1.4.1.57264.1."
_ISSUER_RAW, _ISSUER, _REPOSITORY, _WORKFLOW = "1", "8", "12", "18"
_RSA_BITS = range(2048, 16385)


class Envelope(Struct, frozen=True):
    """What was signed (*payload* of *kind*), the *signature*, the signer's *certificate* (DER)."""

    kind: str
    payload: bytes
    signature: bytes
    certificate: bytes


class Subject(Struct, frozen=True, order=True):
    """An artifact that a statement speaks of: its *name*, and a digest in lower-case hex."""

    name: str
    algorithm: str
    digest: str


class Attested(Struct, frozen=True):
    """What a statement says and who, by the certificate's own word, signed it.

    *identity* is the certificate's subject alternative name; *issuer* the address of who
    vouched for it, *repository* and *workflow* what was built, as Fulcio writes them.
    """

    predicate: str
    subjects: tuple[Subject, ...]
    identity: str = ""
    issuer: str = ""
    repository: str = ""
    workflow: str = ""


def pep740(document: Any) -> Envelope:
    """Return the envelope of an attestation object (PEP 740, "Attestation objects")."""
    table, version = _table(document), _table(document).get("version")
    if version != 1 or isinstance(version, bool):
        raise TrustError(f"an attestation of version {str(version)[:20]}, not 1")
    envelope = _table(table.get("envelope"))
    material = _table(table.get("verification_material"))
    return Envelope(
        _PAYLOAD,
        _bytes(envelope.get("statement"), "statement", BYTES),
        _bytes(envelope.get("signature"), "signature", CERTIFICATE),
        _bytes(material.get("certificate"), "certificate", CERTIFICATE),
    )


def bundle(document: Any) -> Envelope:
    """Return the envelope of a sigstore bundle (sigstore_bundle.proto)."""
    table = _table(document)
    media = table.get("mediaType")
    if media not in _BUNDLES:
        raise TrustError(f"a bundle of media type {str(media)[:80]!r}")
    envelope = _table(table.get("dsseEnvelope"))
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise TrustError("an envelope has exactly one signature in a bundle")
    material = _table(table.get("verificationMaterial"))
    found = material.get("certificate")
    if found is None:
        chain = _table(material.get("x509CertificateChain") or {}).get("certificates")
        found = chain[0] if isinstance(chain, list) and chain else None
    if found is None:
        raise TrustError("the bundle has no certificate")
    kind = envelope.get("payloadType")
    return Envelope(
        kind if isinstance(kind, str) else "",
        _bytes(envelope.get("payload"), "payload", BYTES),
        _bytes(_table(signatures[0]).get("sig"), "signature", CERTIFICATE),
        _bytes(_table(found).get("rawBytes"), "certificate", CERTIFICATE),
    )


def hint(document: Any) -> str:
    """Return the name of the key that a bundle without a certificate was signed with, else ""."""
    material = _table(_table(document).get("verificationMaterial"))
    found = _table(material.get("publicKey") or {}).get("hint")
    return found[:200] if isinstance(found, str) else ""


def verify(envelope: Envelope) -> Attested:
    """Return what *envelope* attests, once each step has held."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    # 1. The payload is a statement (in-toto attestation 1.0, envelope: payloadType).
    if envelope.kind != _PAYLOAD:
        raise TrustError(f"the envelope holds {envelope.kind[:80]!r}, no in-toto statement")
    # 2. The certificate can be read, and its key is of a kind that signs (RFC 5280).
    try:
        certificate = x509.load_der_x509_certificate(envelope.certificate)
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustError("the certificate can not be read") from error
    # 3. The signature is over the pre-authentication encoding (DSSE protocol, "Verify").
    _signed(key, envelope.signature, pae(envelope.kind, envelope.payload))
    # 4. Only now is the payload parsed: a statement, each of whose subjects has a digest.
    predicate, subjects = _statement(envelope.payload)
    # 5. Who signed, by the certificate's own word.
    return _signer(certificate, predicate, subjects)


def pae(kind: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding (DSSE protocol, "Signature Definition")."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def _signed(key: Any, signature: bytes, data: bytes) -> None:
    """Raise TrustError unless *signature* of *data* holds for *key*."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    curves = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(),
              "secp521r1": hashes.SHA512()}  # fmt: skip
    try:
        match key:
            case ec.EllipticCurvePublicKey() if key.curve.name in curves:
                key.verify(signature, data, ec.ECDSA(curves[key.curve.name]))
            case ed25519.Ed25519PublicKey():
                key.verify(signature, data)
            case rsa.RSAPublicKey() if key.key_size in _RSA_BITS:
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            case _:
                raise TrustError("the certificate's key is of a kind that nobody may sign with")
    except InvalidSignature as error:
        raise TrustError("the signature is not one of the certificate's key") from error


def _statement(payload: bytes) -> tuple[str, tuple[Subject, ...]]:
    """Return the predicate's type and the subjects (in-toto attestation, Statement)."""
    try:
        statement = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise TrustError("the payload is no JSON") from error
    table = _table(statement)
    if table.get("_type") not in _STATEMENTS:
        raise TrustError(f"a statement of type {str(table.get('_type'))[:80]!r}")
    items = table.get("subject")
    if not isinstance(items, list) or not items:
        raise TrustError("the statement speaks of no subject")
    if len(items) > SUBJECTS:
        raise TrustError(f"the statement speaks of more than {SUBJECTS:,} subjects")
    subjects: list[Subject] = []
    for item in items:
        name, digests = _table(item).get("name"), _table(item).get("digest")
        if not isinstance(digests, dict) or not digests:
            raise TrustError("a subject of the statement has no digest")
        for algorithm, digest in digests.items():
            if not isinstance(digest, str) or len(digest) > 1000:  # noqa: PLR2004 hex of 500 bytes
                raise TrustError("a subject's digest is no text")
            told = name if isinstance(name, str) else ""
            subjects.append(Subject(told, str(algorithm), digest.lower()))
    predicate = table.get("predicateType")
    if not isinstance(predicate, str) or not predicate:
        raise TrustError("the statement has no predicate type")
    return predicate, tuple(sorted(subjects))


def _signer(certificate: Any, predicate: str, subjects: tuple[Subject, ...]) -> Attested:
    from cryptography import x509

    names: list[str] = []
    told: dict[str, str] = {}
    try:
        for extension in certificate.extensions:
            oid = extension.oid.dotted_string
            if isinstance(extension.value, x509.SubjectAlternativeName):
                names += extension.value.get_values_for_type(x509.UniformResourceIdentifier)
                names += extension.value.get_values_for_type(x509.RFC822Name)
            elif oid.startswith(_FULCIO):
                last = oid.removeprefix(_FULCIO)
                told[last] = _text(extension.value.value, raw=last == _ISSUER_RAW)
    except (ValueError, x509.DuplicateExtension) as error:
        raise TrustError("the certificate's extensions can not be read") from error
    if len(names) != 1:
        raise TrustError(f"the certificate names {len(names)} identities, not one")
    return Attested(
        predicate,
        subjects,
        identity=names[0],
        issuer=told.get(_ISSUER) or told.get(_ISSUER_RAW, ""),
        repository=told.get(_REPOSITORY, ""),
        workflow=told.get(_WORKFLOW, ""),
    )


def _text(value: bytes, *, raw: bool) -> str:
    """Return a Fulcio extension: raw text (the first seven), or a DER UTF8String."""
    if not raw:
        short = len(value) > 1 and value[0] == 0x0C and value[1] < 0x80  # noqa: PLR2004 DER tags
        long = len(value) > 2 and value[0] == 0x0C and value[1] == 0x81  # noqa: PLR2004 DER tags
        if not short and not long:
            return ""
        value = value[2:] if short else value[3:]
    return value.decode("utf-8", "replace")


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TrustError("a part of the attestation is missing, or no object")
    return value


def _bytes(value: Any, what: str, most: int) -> bytes:
    """Return base64 decoded; standard and URL-safe letters, as DSSE demands of readers."""
    if not isinstance(value, str) or not value:
        raise TrustError(f"the attestation has no {what}")
    if len(value) > most * 2:
        raise TrustError(f"the {what} is larger than {most:,} bytes")
    try:
        return b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustError(f"the {what} is no base64") from error
