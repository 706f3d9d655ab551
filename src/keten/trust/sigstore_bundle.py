"""What an attestation brings along to be verified with: certificate, log entries, timestamps.

Formats: Sigstore bundle 0.1 to 0.3 (sigstore/protobuf-specs, sigstore_bundle.proto,
sigstore_rekor.proto) and PEP 740's attestation object, which is the same in other words.
Nothing is proven here. All raise TrustError, naming what is wrong.
"""

from typing import Any

from msgspec import Struct

from keten.errors import TrustError
from keten.trust import members
from keten.trust.members import octets, table

PAYLOAD = 4 << 20
"""The largest payload and entry of a log, in bytes."""
SMALL = 64 << 10
"""The largest certificate, signature, timestamp or checkpoint, in bytes."""
MATERIALS = 32
"""The most entries of logs, and timestamps, of one bundle."""
HASHES = 64
"""The most hashes of a proof: a tree of 2**64 leaves has no more."""
IN_TOTO = "application/vnd.in-toto+json"

_NAMED = 200
_VERSIONS = {
    "application/vnd.dev.sigstore.bundle+json;version=0.1": "0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2": "0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3": "0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json": "0.3",
}


class Proof(Struct, frozen=True):
    """That a leaf stands in a log: *index* in the tree of *size* leaves that *root* names."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


class Entry(Struct, frozen=True):
    """An entry of a transparency log; *time* (seconds since 1970) is 0 where it says none."""

    index: int
    log: bytes
    kind: str
    version: str
    time: int
    promise: bytes
    body: bytes
    proof: Proof | None = None


class Envelope(Struct, frozen=True, tag=True):
    """A DSSE envelope with one signature."""

    kind: str
    payload: bytes
    signature: bytes


class Message(Struct, frozen=True, tag=True):
    """A signature over an artifact, of which only the digest is told."""

    algorithm: str
    digest: bytes
    signature: bytes


class Bundle(Struct, frozen=True):
    """All that comes with a signature. *certificate* (DER) is b"" where a key is named by *hint*.

    *version* is the bundle's; from 0.2 on each entry brings a proof.
    """

    version: str
    content: Envelope | Message
    certificate: bytes = b""
    hint: str = ""
    entries: tuple[Entry, ...] = ()
    timestamps: tuple[bytes, ...] = ()


def read(document: Any) -> Bundle:
    """Return a bundle (sigstore_bundle.proto, Bundle)."""
    whole = table(document)
    media = whole.get("mediaType")
    version = _VERSIONS.get(media) if isinstance(media, str) else None
    if version is None:
        raise TrustError(f"a bundle of media type {str(media)[:80]!r}")
    content: Envelope | Message
    if "messageSignature" in whole:
        content = _message(table(whole["messageSignature"]))
    else:
        content = _envelope(table(whole.get("dsseEnvelope")))
    material = table(whole.get("verificationMaterial"))
    stamps = table(material.get("timestampVerificationData") or {}).get("rfc3161Timestamps")
    return Bundle(
        version,
        content,
        certificate=_certificate(material, version),
        hint=_hint(material),
        entries=_entries(material.get("tlogEntries")),
        timestamps=tuple(
            dict.fromkeys(
                octets(table(item).get("signedTimestamp"), "timestamp", SMALL)
                for item in members.listed(stamps, "timestamps", MATERIALS)
            )
        ),
    )


def pep740(document: Any) -> Bundle:
    """Return an attestation object as a bundle (PEP 740, "Attestation objects")."""
    whole, version = table(document), table(document).get("version")
    if version != 1 or isinstance(version, bool):
        raise TrustError(f"an attestation of version {str(version)[:20]}, not 1")
    said = table(whole.get("envelope"))
    material = table(whole.get("verification_material"))
    return Bundle(
        "0.3",
        Envelope(
            IN_TOTO,
            octets(said.get("statement"), "statement", PAYLOAD),
            octets(said.get("signature"), "signature", SMALL),
        ),
        certificate=octets(material.get("certificate"), "certificate", SMALL),
        entries=_entries(material.get("transparency_entries")),
    )


def _envelope(said: dict[str, Any]) -> Envelope:
    signatures = said.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise TrustError("an envelope has exactly one signature in a bundle")
    kind = said.get("payloadType")
    return Envelope(
        kind if isinstance(kind, str) else "",
        octets(said.get("payload"), "payload", PAYLOAD),
        octets(table(signatures[0]).get("sig"), "signature", SMALL),
    )


def _message(said: dict[str, Any]) -> Message:
    digest = table(said.get("messageDigest") or {})
    return Message(
        members.text(digest.get("algorithm"), "algorithm of the digest", _NAMED),
        octets(digest["digest"], "digest", SMALL) if digest.get("digest") else b"",
        octets(said.get("signature"), "signature", SMALL),
    )


def _certificate(material: dict[str, Any], version: str) -> bytes:
    found = material.get("certificate")
    if found is None and "x509CertificateChain" in material:
        if version == "0.3":
            raise TrustError("a bundle of version 0.3 holds one certificate, no chain")
        chain = table(material["x509CertificateChain"] or {}).get("certificates")
        found = chain[0] if isinstance(chain, list) and chain else None
    if found is None:
        return b""
    return octets(table(found).get("rawBytes"), "certificate", SMALL)


def _hint(material: dict[str, Any]) -> str:
    hint = table(material.get("publicKey") or {}).get("hint")
    return hint[:_NAMED] if isinstance(hint, str) else ""


def _entries(value: Any) -> tuple[Entry, ...]:
    found = members.listed(value, "entries of logs", MATERIALS)
    return tuple(_entry(table(item, "an entry of a log")) for item in found)


def _entry(item: dict[str, Any]) -> Entry:
    """Return an entry (sigstore_rekor.proto, TransparencyLogEntry)."""
    kind = table(item.get("kindVersion") or {})
    promise = table(item.get("inclusionPromise") or {}).get("signedEntryTimestamp")
    proof = item.get("inclusionProof")
    return Entry(
        members.count(item.get("logIndex"), "index in the log"),
        octets(table(item.get("logId"), "the log's id").get("keyId"), "id of the log", SMALL),
        members.text(kind.get("kind"), "kind of the log's entry", _NAMED),
        members.text(kind.get("version"), "version of the log's entry", _NAMED),
        members.count(item.get("integratedTime"), "time of the log's entry"),
        octets(promise, "promise of the log", SMALL) if promise else b"",
        octets(item.get("canonicalizedBody"), "body of the log's entry", PAYLOAD),
        _proof(table(proof, "the proof of the log")) if proof else None,
    )


def _proof(said: dict[str, Any]) -> Proof:
    """Return a proof of inclusion (sigstore_rekor.proto, InclusionProof)."""
    hashes = members.listed(said.get("hashes"), "hashes of the proof", HASHES)
    checkpoint = table(said.get("checkpoint") or {}).get("envelope")
    return Proof(
        members.count(said.get("logIndex"), "index of the proof"),
        members.count(said.get("treeSize"), "size of the tree"),
        octets(said.get("rootHash"), "root of the tree", SMALL),
        tuple(octets(item, "hash of the proof", SMALL) for item in hashes),
        members.text(checkpoint, "checkpoint", SMALL),
    )
