"""Certificates and their chains: who issued what, and whether it was valid at a time.

Specification: RFC 5280, section 6.1, for the one path that a trusted root gives (nothing is
looked for); Certificate Transparency, RFC 6962, section 3.2. All raise TrustError.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any

from keten.errors import TrustError
from keten.trust import public_key

CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_HASHES = ("sha256", "sha384", "sha512", None)
"""What certificates may be signed with; None is that of Ed25519."""
# Critical extensions that are taken into account: key usage, alternative name, basic
# constraints, extended key usage.
_KNOWN = ("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37")
_EXTENDED_USAGE = "2.5.29.37"
_YEAR_9999 = 253402300799


def load(data: bytes, whose: str) -> Any:
    """Return the certificate in *data*, DER or PEM."""
    import warnings

    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    pem = data.lstrip()[:10] == b"-----BEGIN"
    take = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    try:
        with warnings.catch_warnings():  # what it warns of is refused here, or harmless
            warnings.simplefilter("ignore")
            found = take(data)
            # What is parsed when it is asked for: all that anybody here asks.
            found.public_key()
            list(found.extensions)
            _ = found.signature_hash_algorithm, found.subject, found.issuer
            _ = found.not_valid_before_utc, found.not_valid_after_utc
            number = found.serial_number
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise TrustError(f"a certificate of {whose or 'an authority'} can not be read") from error
    if number <= 0:  # RFC 5280, 4.1.2.2
        raise TrustError(f"a certificate of {whose or 'an authority'} has no serial number")
    return found


def linked(chain: Sequence[Any], whose: str) -> None:
    """Raise TrustError unless each certificate of *chain* is signed by the next (6.1.3 (a)(1))."""
    for lower, upper in pairwise(chain):
        issued(lower, upper, whose=whose)
    if chain[-1].subject == chain[-1].issuer:
        issued(chain[-1], chain[-1], whose=whose)


def issued(certificate: Any, issuer: Any, *, whose: str) -> None:
    """Raise TrustError unless *issuer* signed *certificate* (6.1.3 (a)(1) and (a)(4))."""
    from cryptography.exceptions import InvalidSignature

    algorithm = certificate.signature_hash_algorithm
    if (algorithm.name if algorithm else None) not in _HASHES:
        raise TrustError("the certificate is signed with a hash that nobody may sign with")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise TrustError(f"the certificate was not issued by {whose or 'the authority'}") from error


def valid(certificate: Any, chain: Sequence[Any], when: int, usage: str) -> None:
    """Raise TrustError unless *certificate*, issued by ``chain[0]``, is valid at *when*.

    *usage* is the extended key usage that the leaf has; *when* in seconds since 1970.
    """
    # 1. All were valid at that time, both ends included (RFC 5280, 4.1.2.5 and 6.1.3 (a)(2)).
    for one in (certificate, *chain):
        start = one.not_valid_before_utc.timestamp()
        if not start <= when <= one.not_valid_after_utc.timestamp():
            which = "the certificate" if one is certificate else "a certificate of its chain"
            raise TrustError(f"{which} was not valid when it signed ({_told(when)})")
    # 2. The leaf is none that issues, and is for this use (4.2.1.3, 4.2.1.9, 4.2.1.12).
    _leaf(certificate, usage)
    # 3. The others issue certificates, at that depth, and for this use (6.1.4 (k) to (n)).
    for depth, one in enumerate(chain):
        _issuer(one, depth, usage, anchor=depth == len(chain) - 1)


def _leaf(certificate: Any, usage: str) -> None:
    from cryptography import x509

    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise TrustError("the certificate is one of an authority")
    allowed = _extension(certificate, x509.KeyUsage)
    if allowed is None or not allowed.digital_signature:
        raise TrustError("the certificate is not for signing")
    uses = _extension(certificate, x509.ExtendedKeyUsage)
    found = [item.dotted_string for item in uses] if uses is not None else []
    if usage not in found:
        raise TrustError("the certificate is for another use")
    if usage == TIME_STAMPING:  # RFC 3161, 2.3: only that, and critical
        critical = any(
            e.critical for e in certificate.extensions if e.oid.dotted_string == _EXTENDED_USAGE
        )
        if len(found) != 1 or not critical:
            raise TrustError("the certificate is not for timestamps alone")
    _understood(certificate)


def _issuer(certificate: Any, depth: int, usage: str, *, anchor: bool) -> None:
    from cryptography import x509

    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise TrustError("a certificate of the chain is none of an authority")
    if constraints.path_length is not None and constraints.path_length < depth:
        raise TrustError("the chain is longer than one of its certificates allows")
    allowed = _extension(certificate, x509.KeyUsage)
    if allowed is not None and not allowed.key_cert_sign:
        raise TrustError("a certificate of the chain may not issue certificates")
    uses = _extension(certificate, x509.ExtendedKeyUsage)
    if uses is not None and not anchor and usage not in {item.dotted_string for item in uses}:
        raise TrustError("a certificate of the chain issues for another use")
    _understood(certificate)


def _understood(certificate: Any) -> None:
    """Raise TrustError where a critical extension is none of those looked at (6.1.4 (o))."""
    for extension in certificate.extensions:
        if extension.critical and extension.oid.dotted_string not in _KNOWN:
            oid = extension.oid.dotted_string[:60]
            raise TrustError(f"the certificate has a critical extension that is not known: {oid}")


def _extension(certificate: Any, kind: type) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def logged(certificate: Any, issuer: Any, logs: Sequence[Any]) -> None:
    """Raise TrustError unless a log of *logs* promised to hold *certificate* (RFC 6962, 3.2).

    *logs* are keten.trust.trusted_root.Log. At least one signed timestamp is of a log that is
    known, and each of those holds.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    # 1. The timestamps in the certificate (3.3).
    stamps = _extension(certificate, x509.PrecertificateSignedCertificateTimestamps)
    if stamps is None:
        raise TrustError("no log of certificates says that it holds the certificate (no SCT)")
    known = {log.id: log for log in logs}
    used = [(stamp, known[stamp.log_id]) for stamp in stamps if stamp.log_id in known]
    if not used:
        raise TrustError("the certificate is in no log of certificates that is trusted")
    # 2. What was signed: the certificate without the timestamps, and who issues it.
    try:
        body = certificate.tbs_precertificate_bytes
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustError("the certificate can not be taken apart") from error
    if len(body) >> 24:
        raise TrustError("the certificate is too large")
    issuer_hash = sha256(public_key.spki(issuer.public_key())).digest()
    for stamp, log in used:
        # 3. The signature is over version, type, time, entry and extensions (3.2), by P-256 or
        #    RSA with SHA-256, whatever hash the timestamp names (2.1.4).
        millis = _millis(stamp)
        more = stamp.extension_bytes
        data = b"".join((
            b"\x00\x00", millis.to_bytes(8), b"\x00\x01", issuer_hash,
            len(body).to_bytes(3), body, len(more).to_bytes(2), more,
        ))  # fmt: skip
        public_key.check(log.key, stamp.signature, data, whose="the log of certificates'")
        # 4. The log's key was in use at that time.
        if not log.span.holds(millis // 1000):
            raise TrustError("the log of certificates was not trusted at that time")


def _millis(stamp: Any) -> int:
    """Return the time of a signed certificate timestamp in milliseconds since 1970."""
    try:
        when: datetime = stamp.timestamp.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise TrustError("the promise of the log of certificates says no time") from error
    return int(when.replace(microsecond=0).timestamp()) * 1000 + when.microsecond // 1000


def _told(when: int) -> str:
    if when > _YEAR_9999:
        return "after the year 9999"
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
