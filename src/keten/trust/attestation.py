"""Attestations of packages: a signed in-toto statement and the certificate it came with.

Formats: PEP 740 and Sigstore bundles with a DSSE envelope (keten.trust.sigstore_bundle), DSSE 1.0
(secure-systems-lab/dsse, protocol.md), in-toto Statement 0.1 and 1. ``verify`` proves that the
holder of the certificate's key signed these bytes. Whether the certificate is one that somebody
trusted issued, and when it was used, takes a trusted root: keten.trust.sigstore. All raise
TrustError, naming the step that does not hold.
"""

from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import TrustError
from keten.trust import certificates, public_key
from keten.trust.members import table
from keten.trust.sigstore import pae
from keten.trust.sigstore_bundle import IN_TOTO, Bundle, Envelope

SUBJECTS = 1000
"""The most subjects of one statement."""
PUBLISHED = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"
"""The predicate by which a registry of npm says that it published a package."""

_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_TOLD = 1000
# Extensions of Fulcio's certificates (sigstore/fulcio, docs/oid-info.md).
_FULCIO = "1.3.6.1.4.1.57264.1."
_ISSUER_RAW, _USER, _ISSUER, _REPOSITORY, _WORKFLOW = "1", "7", "8", "12", "18"


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


def verify(bundle: Bundle) -> Attested:
    """Return what *bundle* attests, once each step has held."""
    # 1. The payload is a statement (in-toto attestation 1.0, envelope: payloadType).
    envelope = _envelope(bundle)
    # 2. The certificate can be read, and its key is of a kind that signs (RFC 5280).
    if not bundle.certificate:
        raise TrustError("the bundle has no certificate")
    certificate = certificates.load(bundle.certificate, "the signer")
    # 3. The signature is over the pre-authentication encoding (DSSE protocol, "Verify").
    data = pae(envelope.kind, envelope.payload)
    public_key.check(certificate.public_key(), envelope.signature, data, whose="the certificate's")
    # 4. Only now is the payload parsed: a statement, each of whose subjects has a digest.
    said = statement(bundle)
    # 5. Who signed, by the certificate's own word.
    return signer(certificate, said)


def statement(bundle: Bundle) -> Attested:
    """Return what *bundle* says, proven by nothing (in-toto attestation, Statement)."""
    whole = _parsed(_envelope(bundle).payload)
    if whole.get("_type") not in _STATEMENTS:
        raise TrustError(f"a statement of type {str(whole.get('_type'))[:80]!r}")
    items = whole.get("subject")
    if not isinstance(items, list) or not items:
        raise TrustError("the statement speaks of no subject")
    if len(items) > SUBJECTS:
        raise TrustError(f"the statement speaks of more than {SUBJECTS:,} subjects")
    subjects: list[Subject] = []
    for item in items:
        name, digests = table(item).get("name"), table(item).get("digest")
        if not isinstance(digests, dict) or not digests:
            raise TrustError("a subject of the statement has no digest")
        for algorithm, digest in digests.items():
            if not isinstance(digest, str) or len(digest) > _TOLD:
                raise TrustError("a subject's digest is no text")
            told = name[:_TOLD] if isinstance(name, str) else ""
            subjects.append(Subject(told, str(algorithm)[:_TOLD], digest.lower()))
    predicate = whole.get("predicateType")
    if not isinstance(predicate, str) or not predicate:
        raise TrustError("the statement has no predicate type")
    if predicate == PUBLISHED:
        _published(whole.get("predicate"), subjects)
    return Attested(predicate[:_TOLD], tuple(sorted(subjects)))


def _envelope(bundle: Bundle) -> Envelope:
    content = bundle.content
    if not isinstance(content, Envelope):
        raise TrustError("the bundle signs a file, and holds no statement")
    if content.kind != IN_TOTO:
        raise TrustError(f"the envelope holds {content.kind[:80]!r}, no in-toto statement")
    return content


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        return table(msgspec.json.decode(payload))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise TrustError("the payload is no JSON") from error


def _published(predicate: Any, subjects: list[Subject]) -> None:
    """Raise TrustError unless what was published is the subject (specs/publish/v0.1)."""
    said = table(predicate, "the predicate")
    name = str(said.get("name"))[:_TOLD].replace("@", "%40", 1)
    wanted = f"pkg:npm/{name}@{str(said.get('version'))[:_TOLD]}"
    if any(one.name.replace("/@", "/%40", 1) != wanted for one in subjects):
        raise TrustError(
            f"it is of {subjects[0].name[:80]}, and says that {wanted[:80]} was published"
        )


def same_repository(one: str, other: str) -> bool:
    """Return whether two addresses are of one repository: forges do not tell case apart."""
    return _bare(one) == _bare(other)


def _bare(address: str) -> str:
    return address.removeprefix("git+").rstrip("/").removesuffix(".git").casefold()


def signer(certificate: Any, said: Attested) -> Attested:
    """Return *said* with who signed it, by the word of *certificate*."""
    from cryptography import x509

    names: list[str] = []
    told: dict[str, str] = {}
    for extension in certificate.extensions:
        oid = extension.oid.dotted_string
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += extension.value.get_values_for_type(x509.UniformResourceIdentifier)
            names += extension.value.get_values_for_type(x509.RFC822Name)
            names += _user_names(extension.value.get_values_for_type(x509.OtherName))
        elif oid.startswith(_FULCIO):
            last = oid.removeprefix(_FULCIO)
            told[last] = _text(extension.value.value, raw=last == _ISSUER_RAW)
    if len(names) != 1:
        raise TrustError(f"the certificate names {len(names)} identities, not one")
    return msgspec.structs.replace(
        said,
        identity=names[0],
        issuer=told.get(_ISSUER) or told.get(_ISSUER_RAW, ""),
        repository=told.get(_REPOSITORY, ""),
        workflow=told.get(_WORKFLOW, ""),
    )


def _user_names(others: list[Any]) -> list[str]:
    """Return the names that are neither addresses nor e-mail (Fulcio: OtherName, a UTF8String)."""
    return [
        _text(other.value, raw=False)
        for other in others
        if other.type_id.dotted_string == f"{_FULCIO}{_USER}"
    ]


def _text(value: bytes, *, raw: bool) -> str:
    """Return a Fulcio extension: raw text (the first seven), or a DER UTF8String."""
    if not raw:
        short = len(value) > 1 and value[0] == 0x0C and value[1] < 0x80  # noqa: PLR2004 DER tags
        long = len(value) > 2 and value[0] == 0x0C and value[1] == 0x81  # noqa: PLR2004 DER tags
        if not short and not long:
            return ""
        value = value[2:] if short else value[3:]
    return value.decode("utf-8", "replace")
