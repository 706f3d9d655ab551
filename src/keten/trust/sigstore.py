"""Prove a signature to the end: when it was made, who may issue the certificate, which log has it.

Specification: Sigstore client (sigstore/architecture-docs, client-spec.md), section 4. The steps
are in its order. Pure: the trusted root and all material come in, no clock is read. All raise
TrustError, which names the step that does not hold.
"""

from hashlib import sha256
from typing import Any

from msgspec import Struct

from keten.errors import TrustError
from keten.trust import certificates, public_key, timestamp, transparency
from keten.trust.sigstore_bundle import Bundle, Envelope
from keten.trust.trusted_root import Authority, TrustedRoot


class Proven(Struct, frozen=True):
    """What was proven of a signature: the *times* (seconds since 1970), earliest first."""

    times: tuple[int, ...]
    authority: str = ""


def pae(kind: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding (DSSE protocol, "Signature Definition")."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def prove(bundle: Bundle, root: TrustedRoot, *, artifact: bytes = b"", key: Any = None) -> Proven:
    """Return what *bundle* proves under *root*.

    *artifact* is what a bare signature is over; *key* the one that a bundle without a
    certificate is signed with, which somebody trusts by its name.
    """
    data, payload = _data(bundle, artifact)
    certificate = _certificate(bundle, key)
    signed = transparency.Signed(
        bundle.content.signature,
        certificate.public_key() if certificate else key,
        sha256(data).digest(),
        bundle.certificate,
        payload,
    )
    # 1. Times from authorities (client specification, 4.2.1); over the raw signature.
    times = {
        timestamp.verify(stamp, signed.signature, root.timestamps) for stamp in bundle.timestamps
    }
    # 2. Entries of transparency logs and their times (4.2.2, 4.4). Each has to hold.
    if not bundle.entries:
        raise TrustError("the signature stands in no transparency log")
    proof = bundle.version != "0.1"
    held = [transparency.verify(entry, signed, root.logs, proof=proof) for entry in bundle.entries]
    times |= {when for _, when in held if when}
    if not times:
        raise TrustError("nobody who is trusted says when the signature was made")
    for log, when in held:
        if not all(log.span.holds(time) for time in ((when,) if when else times)):
            raise TrustError("the log was not trusted at the time of the entry")
    # 3. The certificate: a trusted chain, valid at every one of these times, and logged (4.3).
    authority = ""
    if certificate is not None:
        authority = _issued(certificate, root, sorted(times))
    # 4. The signature itself (4.5).
    whose = "the certificate's" if certificate else "the named"
    public_key.check(signed.key, signed.signature, data, whose=whose)
    return Proven(tuple(sorted(times)), authority)


def _data(bundle: Bundle, artifact: bytes) -> tuple[bytes, bytes | None]:
    """Return what was signed, and the payload of an envelope."""
    content = bundle.content
    if isinstance(content, Envelope):
        return pae(content.kind, content.payload), content.payload
    if content.digest and content.digest != sha256(artifact).digest():
        raise TrustError("the signature is of another artifact")
    return artifact, None


def _certificate(bundle: Bundle, key: Any) -> Any:
    """Return the certificate, None where it is a key that signed."""
    if bundle.certificate:
        if key is not None:
            raise TrustError("the bundle has a certificate, and a key was named")
        return certificates.load(bundle.certificate, "the signer")
    if key is None:
        raise TrustError("the bundle has no certificate, and its key is not known")
    return None


def _issued(certificate: Any, root: TrustedRoot, times: list[int]) -> str:
    """Return who issued *certificate*; the first authority that holds for all *times*."""
    fault = TrustError("the certificate was issued by no authority that is trusted")
    for authority in root.issuers:
        if authority.chain[0].subject != certificate.issuer:
            continue
        try:
            _chain(certificate, authority, times)
        except TrustError as error:
            fault = error
            continue
        certificates.logged(certificate, authority.chain[0], root.certificate_logs)
        return authority.url or authority.chain[0].subject.rfc4514_string()
    raise fault


def _chain(certificate: Any, authority: Authority, times: list[int]) -> None:
    certificates.issued(certificate, authority.chain[0], whose=authority.url)
    for when in times:
        if not authority.span.holds(when):
            raise TrustError("the certificate's authority was not trusted at that time")
        certificates.valid(certificate, authority.chain, when, certificates.CODE_SIGNING)
