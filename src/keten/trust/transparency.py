"""Transparency logs: an entry stands in a log that is trusted, and is of this signature.

Specifications: RFC 6962 and RFC 9162 (Merkle trees), C2SP signed-note and tlog-checkpoint,
Rekor's signed entry timestamp and entry kinds (sigstore/rekor, pkg/types). All raise TrustError.
"""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from keten.errors import TrustError
from keten.trust import certificates, members, public_key
from keten.trust.members import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keten.trust.sigstore_bundle import Entry, Proof
    from keten.trust.trusted_root import Log

SIGNATURES = 100
"""The most signatures of a checkpoint."""
_HASH = 32
_HINT = 4
_DIGITS = 18
_MARK = "\N{EM DASH} "


class Signed(Struct, frozen=True):
    """What an entry has to be of: the *signature*, the *key*, the *data* that was signed.

    *payload* is that of an envelope, else None; *certificate* (DER) b"" where there is none.
    """

    signature: bytes
    key: Any
    digest: bytes
    certificate: bytes = b""
    payload: bytes | None = None


def verify(
    entry: "Entry", signed: Signed, logs: "Sequence[Log]", *, proof: bool
) -> "tuple[Log, int]":
    """Return the log and the time that it promised, in seconds since 1970, else 0.

    *proof*: a promise alone is not enough (bundles from version 0.2 on). Whether the log was
    trusted at the time is for whoever knows all times.
    """
    # 1. The log is one that is trusted (trusted root, tlogs).
    log = next((log for log in logs if entry.log in (log.id, log.checkpoint or None)), None)
    if log is None:
        raise TrustError("the signature stands in no log that is trusted")
    if entry.proof is None and (proof or not entry.promise):
        raise TrustError("the log's entry has no proof that it stands there")
    # 2. Its promise holds: only then is its time one (client specification, 4.2.2).
    when = _promised(entry, log) if entry.promise else 0
    # 3. It stands in the tree that a signed checkpoint names.
    if entry.proof is not None:
        included(entry.body, entry.proof)
        _checkpoint(entry.proof, log)
    # 4. It is of this signature, key and artifact (client specification, 4.4).
    _same(entry, signed)
    return log, when


def _promised(entry: "Entry", log: "Log") -> int:
    """Return the time of a signed entry timestamp: over canonical JSON (RFC 8785) of the entry."""
    data = msgspec.json.encode(
        {
            "body": b64encode(entry.body).decode(),
            "integratedTime": entry.time,
            "logID": entry.log.hex(),
            "logIndex": entry.index,
        }
    )  # ASCII, keys in order: this is its canonical form
    public_key.check(log.key, entry.promise, data, whose="the transparency log's")
    if not entry.time:
        raise TrustError("the log's entry says no time")
    return entry.time


def included(body: bytes, proof: "Proof") -> None:
    """Raise TrustError unless the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if proof.index >= proof.size:
        raise TrustError("the proof is of an entry that the log does not have")
    place, last = proof.index, proof.size - 1
    # 1. The hash of a leaf (RFC 6962, 2.1).
    found = sha256(b"\x00" + body).digest()
    for other in proof.hashes:
        if len(other) != _HASH:
            raise TrustError("a hash of the proof is none")
        # 2. Every hash is used, none is left over.
        if not last:
            raise TrustError("the proof is longer than the tree is high")
        if place & 1 or place == last:
            found = sha256(b"\x01" + other + found).digest()
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = sha256(b"\x01" + found + other).digest()
        place >>= 1
        last >>= 1
    if last:
        raise TrustError("the proof is shorter than the tree is high")
    if found != proof.root:
        raise TrustError("the proof does not lead to the root of the log")


def _checkpoint(proof: "Proof", log: "Log") -> None:
    """Raise TrustError unless a note that the log signed names this tree.

    C2SP signed-note ("Format", "Signatures"), tlog-checkpoint ("Note text").
    """
    # 1. Text and signatures part at the last empty line.
    text, parted, below = proof.checkpoint.rpartition("\n\n")
    lines = text.split("\n")
    if not parted or not below.endswith("\n"):
        raise TrustError("the log's checkpoint is no signed note")
    # 2. Origin, size and root.
    if len(lines) < 3 or not lines[0] or not _decimal(lines[1]):  # noqa: PLR2004 the three lines
        raise TrustError("the log's checkpoint names no tree")
    try:
        root = b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustError("the log's checkpoint names no tree") from error
    if int(lines[1]) != proof.size or root != proof.root:
        raise TrustError("the log's checkpoint is of another tree than the proof")
    # 3. The log's own signature holds. Those of keys that are not known say nothing.
    hint = (log.checkpoint or log.id)[:_HINT]
    data = f"{text}\n".encode()
    held = 0
    for name, key, signature in _signatures(below):
        if key != hint or not (lines[0] == name or lines[0].startswith(f"{name} - ")):
            continue
        public_key.check(log.key, signature, data, whose="the checkpoint's")
        held += 1
    if not held:
        raise TrustError("the log's checkpoint is not signed by the log")


def _signatures(below: str) -> "list[tuple[str, bytes, bytes]]":
    """Return (name, first bytes of the key's id, signature) of a note."""
    lines = below.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES:
        raise TrustError(f"the log's checkpoint has more than {SIGNATURES} signatures")
    found = []
    for line in lines:
        name, parted, value = line.removeprefix(_MARK).partition(" ")
        if not line.startswith(_MARK) or not name or not parted:
            raise TrustError("a signature of the log's checkpoint is none")
        try:
            data = b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise TrustError("a signature of the log's checkpoint is none") from error
        if len(data) <= _HINT:
            raise TrustError("a signature of the log's checkpoint is none")
        found.append((name, data[:_HINT], data[_HINT:]))
    return found


def _decimal(text: str) -> bool:
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return plain and (text == "0" or not text.startswith("0"))


def _same(entry: "Entry", signed: Signed) -> None:
    """Raise TrustError unless the entry is of this signature (client specification, 4.4)."""
    try:
        body = msgspec.json.decode(entry.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise TrustError("the log's entry is no JSON") from error
    whole = table(body, "the log's entry")
    kind, version = whole.get("kind"), whole.get("apiVersion")
    if (kind, version) != (entry.kind, entry.version):
        raise TrustError("the log's entry is of another kind than the bundle says")
    spec = table(whole.get("spec"), "the log's entry")
    match kind, version:
        case "hashedrekord", "0.0.1":
            _hashed(spec, signed)
        case "dsse", "0.0.1":
            _enveloped(spec, signed)
        case "intoto", "0.0.2":
            _in_toto(spec, signed)
        case "hashedrekord", "0.0.2":
            _hashed_2(table(spec.get("hashedRekordV002"), "the log's entry"), signed)
        case "dsse", "0.0.2":
            _enveloped_2(table(spec.get("dsseV002"), "the log's entry"), signed)
        case _:
            told = f"{str(kind)[:40]} {str(version)[:20]}"
            raise TrustError(f"the log's entry is of a kind that can not be compared: {told}")


def _hashed(spec: dict[str, Any], signed: Signed) -> None:
    said = table(table(spec.get("data")).get("hash"))
    signature = table(spec.get("signature"))
    _digest(said, signed.digest)
    _signature(_octets(signature.get("content")), signed)
    _key(_octets(table(signature.get("publicKey")).get("content")), signed)


def _enveloped(spec: dict[str, Any], signed: Signed) -> None:
    # The hash of the envelope depends on how its JSON was written: payload and signature say all.
    _digest(table(spec.get("payloadHash")), _payload(signed))
    one = _only(spec.get("signatures"))
    _signature(_octets(one.get("signature")), signed)
    _key(_octets(one.get("verifier")), signed)


def _in_toto(spec: dict[str, Any], signed: Signed) -> None:
    content = table(spec.get("content"))
    _digest(table(content.get("payloadHash")), _payload(signed))
    one = _only(table(content.get("envelope")).get("signatures"))
    # The signature is encoded twice there: as the envelope has it, and as Go writes bytes.
    inner = _octets(one.get("sig")).decode("ascii", "replace")
    if inner.replace("-", "+").replace("_", "/") != b64encode(signed.signature).decode():
        raise TrustError("the log's entry is of another signature")
    _key(_octets(one.get("publicKey")), signed)


def _hashed_2(spec: dict[str, Any], signed: Signed) -> None:
    said = table(spec.get("data"))
    signature = table(spec.get("signature"))
    _digest_2(said, signed.digest)
    _signature(_octets(signature.get("content")), signed)
    _verifier(table(signature.get("verifier")), signed)


def _enveloped_2(spec: dict[str, Any], signed: Signed) -> None:
    _digest_2(table(spec.get("payloadHash")), _payload(signed))
    one = _only(spec.get("signatures"))
    _signature(_octets(one.get("content")), signed)
    _verifier(table(one.get("verifier")), signed)


def _payload(signed: Signed) -> bytes:
    if signed.payload is None:
        raise TrustError("the log's entry is of an envelope, and there is none")
    return sha256(signed.payload).digest()


def _digest(said: dict[str, Any], digest: bytes) -> None:
    if said.get("algorithm") != "sha256" or said.get("value") != digest.hex():
        raise TrustError("the log's entry is of something else than what was signed")


def _digest_2(said: dict[str, Any], digest: bytes) -> None:
    if said.get("algorithm") != "SHA2_256" or _octets(said.get("digest")) != digest:
        raise TrustError("the log's entry is of something else than what was signed")


def _signature(found: bytes, signed: Signed) -> None:
    if found != signed.signature:
        raise TrustError("the log's entry is of another signature")


def _key(found: bytes, signed: Signed) -> None:
    """Hold the PEM in an entry against the certificate, or the key where there is none."""
    if signed.certificate:
        from cryptography.hazmat.primitives.serialization import Encoding

        held = certificates.load(found, "the log's entry").public_bytes(Encoding.DER)
        good = held == signed.certificate
    else:
        good = public_key.same(found, signed.key)
    if not good:
        raise TrustError("the log's entry is of another certificate or key")


def _verifier(found: dict[str, Any], signed: Signed) -> None:
    if signed.certificate:
        data = _octets(table(found.get("x509Certificate"), "its certificate").get("rawBytes"))
        good = data == signed.certificate
    else:
        data = _octets(table(found.get("publicKey"), "its key").get("rawBytes"))
        good = public_key.same(data, signed.key)
    if not good:
        raise TrustError("the log's entry is of another certificate or key")


def _only(value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or len(value) != 1:
        raise TrustError("the log's entry has not exactly one signature")
    return table(value[0], "the signature in the log's entry")


def _octets(value: Any) -> bytes:
    return members.octets(value, "value in the log's entry", 4 << 20)
