"""A Sigstore of our own: authorities, logs and timestamps, to sign what tests verify.

Each part may be told to do something wrong: that is what the tests are about.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keten.trust.sigstore import pae

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
IDENTITY = "https://github.com/webshop/shop/.github/workflows/release.yml@refs/tags/v1.0"
ISSUER = "https://issuer.example"
REPOSITORY = "https://github.com/webshop/shop"
IN_TOTO = "application/vnd.in-toto+json"
CODE = ExtendedKeyUsageOID.CODE_SIGNING
STAMPS = ExtendedKeyUsageOID.TIME_STAMPING
_SCT = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_P256 = ec.SECP256R1


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def spki(key: Any) -> bytes:
    encoding = serialization.Encoding.DER
    found: bytes = key.public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def sign(key: Any, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    found: bytes = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return found


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def fulcio(last: str, text: str, *, raw: bool = False) -> x509.UnrecognizedExtension:
    value = text.encode()
    encoded = value if raw else bytes([0x0C, len(value)]) + value
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{last}"), encoded)


class Authority:
    """Certificates: a root, one below it, and leaves of that."""

    def __init__(self, name: str, use: x509.ObjectIdentifier) -> None:
        self.use = use
        self.root_key = ec.generate_private_key(ec.SECP384R1())
        self.key = ec.generate_private_key(_P256())
        self.root = self.authority(f"{name} root", self.root_key, None)
        self.below = self.authority(f"{name} below", self.key, self.root)

    def authority(
        self,
        name: str,
        key: Any,
        issuer: x509.Certificate | None,
        *,
        ca: bool = True,
        length: int | None = None,
        use: x509.ObjectIdentifier | None = None,
        days: int = 3650,
        certs: bool = True,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=10))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca, length if ca else None), critical=True)
            .add_extension(usage(certs=certs), critical=True)
        )
        if issuer:
            builder = builder.add_extension(x509.ExtendedKeyUsage([use or self.use]), False)  # noqa: FBT003 critical
        return builder.sign(self.root_key, hashes.SHA384())

    def leaf(
        self,
        key: Any,
        *extensions: tuple[x509.ExtensionType, bool],
        begin: datetime = NOW,
        minutes: int = 10,
        use: Sequence[x509.ObjectIdentifier] | None = None,
        serial: int = 7,
        drop: type | None = None,
    ) -> x509.CertificateBuilder:
        """Return a builder of a leaf, to be signed with the key below."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.below.subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(minutes=minutes))
        )
        wanted: list[tuple[x509.ExtensionType, bool]] = [
            (usage(certs=False), True),
            (x509.ExtendedKeyUsage(use or [self.use]), self.use == STAMPS),
            *extensions,
        ]
        for extension, critical in wanted:
            if drop is None or not isinstance(extension, drop):
                builder = builder.add_extension(extension, critical)
        return builder

    def said(self, url: str, **valid: str) -> dict[str, Any]:
        chain = [{"rawBytes": b64(der(one))} for one in (self.below, self.root)]
        return {"uri": url, "certChain": {"certificates": chain}, "validFor": valid}


def usage(*, certs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certs, key_cert_sign=certs, crl_sign=certs,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


class Tree:
    """A Merkle tree (RFC 6962, 2.1)."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = [sha256(b"\x00" + leaf).digest() for leaf in leaves]

    def root(self, begin: int = 0, end: int | None = None) -> bytes:
        end = len(self.leaves) if end is None else end
        if end - begin == 1:
            return self.leaves[begin]
        half = self._half(end - begin)
        both = self.root(begin, begin + half) + self.root(begin + half, end)
        return sha256(b"\x01" + both).digest()

    def path(self, index: int, begin: int = 0, end: int | None = None) -> list[bytes]:
        end = len(self.leaves) if end is None else end
        if end - begin == 1:
            return []
        half = self._half(end - begin)
        if index < half:
            path = self.path(index, begin, begin + half)
            return [*path, self.root(begin + half, end)]
        return [*self.path(index - half, begin + half, end), self.root(begin, begin + half)]

    @staticmethod
    def _half(count: int) -> int:
        half = 1
        while half * 2 < count:
            half *= 2
        return half


class Instance:
    """All of it; each bundle is made anew with what a test wants other."""

    def __init__(self) -> None:
        self.issuer = Authority("issuer", CODE)
        self.stamper = Authority("stamps", STAMPS)
        self.log = ec.generate_private_key(_P256())
        self.tiles = ed25519.Ed25519PrivateKey.generate()
        self.certificates = ec.generate_private_key(_P256())
        self.stamp_key = ec.generate_private_key(_P256())
        self.stamp_leaf = self.stamper.leaf(self.stamp_key, minutes=10_000).sign(
            self.stamper.key, hashes.SHA256()
        )

    @property
    def log_id(self) -> bytes:
        return sha256(spki(self.log)).digest()

    @property
    def tiles_id(self) -> bytes:
        raw = self.tiles.public_key().public_bytes_raw()
        return sha256(b"tiles.example\n\x01" + raw).digest()

    def trusted_root(self, **more: Any) -> dict[str, Any]:
        """Return trusted_root.json."""

        def log(url: str, key: Any, name: bytes, **valid: str) -> dict[str, Any]:
            said = {"rawBytes": b64(spki(key)), "validFor": {"start": "2026-01-01T00:00:00Z"}}
            said["validFor"] |= valid  # type: ignore[operator]  # a table of strings
            return {"baseUrl": url, "publicKey": said, "logId": {"keyId": b64(name)}}

        stamps = self.stamper.said("https://stamps.example", start="2026-01-01T00:00:00Z")
        chain = stamps["certChain"]["certificates"]
        chain.insert(0, {"rawBytes": b64(der(self.stamp_leaf))})
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log("https://rekor.example", self.log, self.log_id),
                log("https://tiles.example", self.tiles, self.tiles_id),
            ],
            "certificateAuthorities": [self.issuer.said("https://issuer.example")],
            "ctlogs": [
                log(
                    "https://ct.example",
                    self.certificates,
                    sha256(spki(self.certificates)).digest(),
                )
            ],
            "timestampAuthorities": [stamps],
            **more,
        }

    def certificate(
        self, key: Any, *, sct: str = "good", identity: str = IDENTITY, **more: Any
    ) -> x509.Certificate:
        """Return a leaf as Fulcio issues it. *sct*: ``good``, ``none``, or what is wrong."""
        signer = more.pop("issuer_key", None) or self.issuer.key
        algorithm = more.pop("algorithm", hashes.SHA256())
        extra = more.pop("extra", ())
        builder = self.issuer.leaf(
            key,
            (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), True),
            (fulcio("1", ISSUER, raw=True), False),
            (fulcio("8", ISSUER), False),
            (fulcio("12", more.pop("repository", REPOSITORY)), False),
            *extra,
            **more,
        )
        plain = builder.sign(signer, algorithm)
        if sct == "none":
            return plain
        body = plain.tbs_certificate_bytes
        when = NOW if sct != "old" else datetime(2020, 1, 1, tzinfo=UTC)
        issuer = sha256(spki(self.issuer.key if sct != "issuer" else self.log)).digest()
        more_bytes = b"\x00\x00"
        millis = int(when.timestamp() * 1000).to_bytes(8)
        signed = b"\x00\x00" + millis + b"\x00\x01" + issuer
        signed += len(body).to_bytes(3) + body + more_bytes
        signature = sign(self.certificates if sct != "forged" else self.log, signed)
        name = sha256(spki(self.certificates if sct != "unknown" else self.log)).digest()
        one = b"\x00" + name + millis + more_bytes + b"\x04\x03"
        one += len(signature).to_bytes(2) + signature
        listed = len(one).to_bytes(2) + one
        value = tlv(0x04, len(listed).to_bytes(2) + listed)
        extended = builder.add_extension(x509.UnrecognizedExtension(_SCT, value), False)  # noqa: FBT003 critical
        return extended.sign(signer, algorithm)

    def bundle(
        self,
        payload: bytes,
        *,
        kind: str = "dsse",
        key: Any = None,
        leaf: x509.Certificate | None = None,
        when: datetime = NOW + timedelta(minutes=1),
        hint: str = "",
        stamp: bool = False,
        version: str = "0.3",
        size: int = 7,
    ) -> dict[str, Any]:
        """Return a bundle over an in-toto *payload*; signed with *key* alone where there is a hint.

        *kind*: ``dsse``, ``intoto``, ``hashedrekord`` (Rekor 1), ``tiles`` or ``tiles-dsse`` (2).
        """
        key = key or ec.generate_private_key(_P256())
        leaf = None if hint else leaf or self.certificate(key)
        signature = sign(key, pae(IN_TOTO, payload))
        verifier = pem(leaf) if leaf else _pem(key)
        body = json.dumps(
            _body(kind, payload, signature, verifier, der(leaf) if leaf else spki(key)),
            separators=(",", ":"), sort_keys=True,
        ).encode()  # fmt: skip
        material: dict[str, Any] = {
            "certificate": {"rawBytes": b64(der(leaf))}
        } if leaf else {"publicKey": {"hint": hint}}  # fmt: skip
        if leaf and version != "0.3":
            held = material.pop("certificate")
            material = {"x509CertificateChain": {"certificates": [held]}}
        material["tlogEntries"] = [self.entry(kind, body, when, size=size)]
        if stamp or kind.startswith("tiles"):
            material["timestampVerificationData"] = {
                "rfc3161Timestamps": [{"signedTimestamp": b64(self.stamp(signature, when))}]
            }
        return {
            "mediaType": f"application/vnd.dev.sigstore.bundle+json;version={version}",
            "verificationMaterial": material,
            "dsseEnvelope": {
                "payload": b64(payload),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": b64(signature), "keyid": hint}],
            },
        }

    def entry(self, kind: str, body: bytes, when: datetime, *, size: int = 7) -> dict[str, Any]:
        """Return the entry of a log with promise, proof and checkpoint."""
        tiles = kind.startswith("tiles")
        index = min(3, size - 1)
        tree = Tree([b"other %d" % n if n != index else body for n in range(size)])
        name, log_key, log_id = (
            ("tiles.example", self.tiles, self.tiles_id)
            if tiles
            else ("rekor.example", self.log, self.log_id)
        )
        origin = name if tiles else f"{name} - 1234"
        note = f"{origin}\n{size}\n{b64(tree.root())}\n"
        line = b64(log_id[:4] + sign(log_key, note.encode()))
        said: dict[str, Any] = {
            "logIndex": str(index),
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {
                "kind": {"tiles": "hashedrekord", "tiles-dsse": "dsse"}.get(kind, kind),
                "version": "0.0.2" if tiles or kind == "intoto" else "0.0.1",
            },
            "inclusionProof": {
                "logIndex": str(index),
                "treeSize": str(size),
                "rootHash": b64(tree.root()),
                "hashes": [b64(one) for one in tree.path(index)],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} {name} {line}\n"},
            },
            "canonicalizedBody": b64(body),
        }
        if not tiles:
            seconds = int(when.timestamp())
            promised = (
                f'{{"body":"{b64(body)}","integratedTime":{seconds},'
                f'"logID":"{log_id.hex()}","logIndex":{index}}}'
            )
            said["integratedTime"] = str(seconds)
            promise = b64(sign(log_key, promised.encode()))
            said["inclusionPromise"] = {"signedEntryTimestamp": promise}
        return said

    def stamp(self, data: bytes, when: datetime, **wrong: Any) -> bytes:
        """Return a TimeStampResp over *data*; *wrong* is what is other."""
        sha = tlv(0x30, oid("2.16.840.1.101.3.4.2.1") + tlv(0x05, b""))
        info = tlv(0x30, b"".join((
            tlv(0x02, b"\x01"), oid("1.2.3"),
            tlv(0x30, sha + tlv(0x04, sha256(data).digest())),
            tlv(0x02, b"\x09"), tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode()),
        )))  # fmt: skip
        leaf = wrong.get("leaf", self.stamp_leaf)
        tst = oid("1.2.840.113549.1.9.16.1.4")
        named = tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, sha256(der(leaf)).digest()))))
        digest = wrong.get("digest", sha256(info).digest())
        attributes = b"".join((
            tlv(0x30, oid("1.2.840.113549.1.9.3") + tlv(0x31, wrong.get("kind", tst))),
            tlv(0x30, oid("1.2.840.113549.1.9.4") + tlv(0x31, tlv(0x04, digest))),
            tlv(0x30, oid("1.2.840.113549.1.9.16.2.47") + tlv(0x31, wrong.get("named", named))),
        ))  # fmt: skip
        signature = sign(wrong.get("key", self.stamp_key), tlv(0x31, attributes))
        serial = leaf.serial_number.to_bytes(leaf.serial_number.bit_length() // 8 + 1)
        signer = tlv(0x30, b"".join((
            tlv(0x02, b"\x01"), tlv(0x30, leaf.issuer.public_bytes() + tlv(0x02, serial)),
            sha, tlv(0xA0, attributes), tlv(0x30, oid("1.2.840.10045.4.3.2")),
            tlv(0x04, signature),
        )))  # fmt: skip
        held = tlv(0xA0, der(leaf)) if wrong.get("held", True) else b""
        signed = tlv(0x30, b"".join((
            tlv(0x02, b"\x03"), tlv(0x31, sha), tlv(0x30, tst + tlv(0xA0, tlv(0x04, info))),
            held, tlv(0x31, signer),
        )))  # fmt: skip
        token = tlv(0x30, oid("1.2.840.113549.1.7.2") + tlv(0xA0, signed))
        return tlv(0x30, tlv(0x30, tlv(0x02, bytes([wrong.get("status", 0)]))) + token)


def _pem(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def _body(
    kind: str, payload: bytes, signature: bytes, verifier: bytes, raw: bytes
) -> dict[str, Any]:
    """Return what Rekor keeps of a signature."""
    digest = sha256(payload).digest()
    over = sha256(pae(IN_TOTO, payload)).digest()
    holder = "x509Certificate" if b"CERT" in verifier[:40] else "publicKey"
    verified = {holder: {"rawBytes": b64(raw)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    plain: dict[str, str] = {"algorithm": "sha256", "value": digest.hex()}
    spec: dict[str, Any]
    match kind:
        case "dsse":
            spec = {
                "envelopeHash": plain,
                "payloadHash": plain,
                "signatures": [{"signature": b64(signature), "verifier": b64(verifier)}],
            }
        case "intoto":
            one = {"publicKey": b64(verifier), "sig": b64(b64(signature).encode())}
            envelope = {"payloadType": IN_TOTO, "signatures": [one]}
            spec = {"content": {"envelope": envelope, "hash": plain, "payloadHash": plain}}
        case "hashedrekord":
            spec = {
                "data": {"hash": {"algorithm": "sha256", "value": over.hex()}},
                "signature": {"content": b64(signature), "publicKey": {"content": b64(verifier)}},
            }
        case "tiles":
            signed = {"content": b64(signature), "verifier": verified}
            data = {"algorithm": "SHA2_256", "digest": b64(over)}
            spec = {"hashedRekordV002": {"data": data, "signature": signed}}
        case _:
            signed = {"content": b64(signature), "verifier": verified}
            data = {"algorithm": "SHA2_256", "digest": b64(digest)}
            spec = {"dsseV002": {"payloadHash": data, "signatures": [signed]}}
    version = "0.0.2" if kind.startswith("tiles") or kind == "intoto" else "0.0.1"
    name = {"tiles": "hashedrekord", "tiles-dsse": "dsse"}.get(kind, kind)
    return {"apiVersion": version, "kind": name, "spec": spec}


def tlv(tag: int, content: bytes) -> bytes:
    """Return a value in DER."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(length)]) + length + content


def oid(text: str) -> bytes:
    """Return an object identifier in DER."""
    first, second, *rest = map(int, text.split("."))
    encoded = bytearray()
    for number in (first * 40 + second, *rest):
        part = [number & 0x7F]
        while number := number >> 7:
            part.append(number & 0x7F | 0x80)
        encoded += bytes(reversed(part))
    return tlv(0x06, bytes(encoded))
