"""SSH signatures of files and commits, and OpenSSH certificates, checked in process.

Formats: openssh-portable PROTOCOL.sshsig (the signature), RFC 4253 section 6.6 and RFC 5656
(keys and signatures), RFC 8332 (rsa-sha2), PROTOCOL.u2f (security keys), PROTOCOL.certkeys.
Everything here raises TrustError where a step does not hold, and returns no bool.
"""

import binascii
from base64 import b64encode
from hashlib import sha256, sha512
from typing import Any

from msgspec import Struct

from keten.errors import TrustError

BYTES = 64 << 10
"""The largest signature or key, in bytes."""
PRINCIPALS = 4096
"""The most principals of one certificate."""
NAMESPACE = "git"
"""The namespace that git signs in."""

_MAGIC = b"SSHSIG"
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_CERT = "-cert-v01@openssh.com"
_CURVES = {"nistp256": "SECP256R1", "nistp384": "SECP384R1", "nistp521": "SECP521R1"}
_ECDSA_HASH = {"nistp256": "SHA256", "nistp384": "SHA384", "nistp521": "SHA512"}
_FIELDS = {
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "ssh-rsa": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
_RSA = {"rsa-sha2-256": "SHA256", "rsa-sha2-512": "SHA512"}
_RSA_BITS = range(1024, 16385)


class SshSignature(Struct, frozen=True):
    """A parsed signature: *key* as a blob, its *namespace*, the *hash* name, the *value* blob."""

    key: bytes
    namespace: bytes
    hash: str
    value: bytes


class Certificate(Struct, frozen=True):
    """An OpenSSH certificate: the *key* it certifies, the *authority*'s key, both as blobs.

    *after* and *before* are seconds since 1970, before excluded.
    """

    key: bytes
    authority: bytes
    principals: tuple[str, ...]
    after: int
    before: int


class _Wire:
    """Reads the SSH wire encoding (RFC 4251 section 5)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise TrustError("the signature or key ends early")
        part = self.data[self.at : end]
        self.at = end
        return part

    def string(self) -> bytes:
        return self.take(self.number())

    def word(self) -> str:
        return self.string().decode("ascii", "replace")

    def end(self) -> None:
        if self.at != len(self.data):
            raise TrustError("bytes are left over after the signature or key")


def parse(armored: bytes) -> SshSignature:
    """Return the signature in its armor; TrustError where it is malformed.

    The steps are those of PROTOCOL.sshsig sections 1 and 2.
    """
    text = armored.strip()
    if len(text) > BYTES:
        raise TrustError(f"the SSH signature is larger than {BYTES:,} bytes")
    # 1. Armor (section 1): the marker lines, base64 between them.
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise TrustError("the SSH signature is not in its armor")
    try:
        blob = binascii.a2b_base64(b"".join(text[len(_BEGIN) : -len(_END)].split()))
    except binascii.Error:
        raise TrustError("the SSH signature is not base64") from None
    # 2. Blob (section 2): magic preamble, version 1, key, namespace, reserved, hash, signature.
    wire = _Wire(blob)
    if wire.take(len(_MAGIC)) != _MAGIC:
        raise TrustError("the SSH signature lacks its preamble")
    if (version := wire.number()) != 1:
        raise TrustError(f"the SSH signature has version {version}, not 1")
    key, namespace = wire.string(), wire.string()
    wire.string()
    hashed, value = wire.word(), wire.string()
    wire.end()
    if hashed not in ("sha256", "sha512"):
        raise TrustError(f"the SSH signature hashes with {hashed[:20]!r}, not SHA-256 or SHA-512")
    return SshSignature(key, namespace, hashed, value)


def verify(signature: SshSignature, message: bytes, *, namespace: str = NAMESPACE) -> bytes:
    """Return the blob of the plain key that signed *message*; TrustError unless it holds.

    A certificate's key is returned without the certificate: see ``certificate``.
    """
    # 1. The namespace must be the expected one (PROTOCOL.sshsig section 2).
    if not signature.namespace or signature.namespace != namespace.encode():
        told = signature.namespace[:40].decode("ascii", "backslashreplace")
        raise TrustError(f"the signature was made for {told!r}, not for {namespace!r}")
    # 2. What is signed is the preamble, namespace, reserved, hash name and hash (section 3).
    digest = (sha512 if signature.hash == "sha512" else sha256)(message).digest()
    signed = _MAGIC + b"".join(
        map(_string, (signature.namespace, b"", signature.hash.encode(), digest))
    )
    # 3. The key, or the key in its certificate, must have made the signature.
    key = signature.key
    if is_certificate(key):
        key = certificate(key).key
    _check(key, signature.value, signed)
    return key


def is_certificate(blob: bytes) -> bool:
    """Return whether a key blob is an OpenSSH certificate; says nothing of its truth."""
    return _Wire(blob).word().endswith(_CERT)


def key_type(blob: bytes) -> str:
    """Return the type of a key blob; TrustError where it has none."""
    return _Wire(blob).word()


def fingerprint(blob: bytes) -> str:
    """Return ``SHA256:`` and the digest of a key blob, as ``ssh-keygen -l`` prints it."""
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("=")


def certificate(blob: bytes) -> Certificate:
    """Return a certificate whose authority's signature holds (PROTOCOL.certkeys); else TrustError.

    Whether that authority may certify is not judged here.
    """
    wire = _Wire(blob)
    kind = wire.word()
    plain = kind.removesuffix(_CERT)
    plain = f"{plain}@openssh.com" if plain.startswith("sk-") else plain
    if plain not in _FIELDS:
        raise TrustError(f"certificates of type {kind[:60]!r} can not be judged")
    wire.string()
    fields = [wire.string() for _ in range(_FIELDS[plain])]
    wire.number(8)
    usage = wire.number()
    wire.string()
    names = _Wire(wire.string())
    principals: list[str] = []
    while names.at < len(names.data):
        if len(principals) >= PRINCIPALS:
            raise TrustError(f"the certificate has more than {PRINCIPALS:,} principals")
        principals.append(names.string().decode("utf-8", "replace"))
    after, before = wire.number(8), wire.number(8)
    critical = wire.string()
    wire.string()
    wire.string()
    authority = wire.string()
    body = blob[: wire.at]
    value = wire.string()
    wire.end()
    if usage != 1:
        raise TrustError("the certificate is not for users")
    if critical:
        raise TrustError("the certificate has critical options, which keten does not know")
    if is_certificate(authority):
        raise TrustError("the certificate is signed by a certificate")
    _check(authority, value, body)
    key = b"".join(map(_string, (plain.encode(), *fields)))
    return Certificate(key, authority, tuple(principals), after, before)


def _check(key: bytes, value: bytes, signed: bytes) -> None:
    """Raise TrustError unless *value* is the *key*'s signature over *signed*."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    wire = _Wire(key)
    kind = wire.word()
    if kind not in _FIELDS:
        raise TrustError(f"keys of type {kind[:60]!r} can not be judged")
    fields = [wire.string() for _ in range(_FIELDS[kind])]
    wire.end()
    proof = _Wire(value)
    algorithm, raw = proof.word(), proof.string()
    if kind.startswith("sk-"):
        # PROTOCOL.u2f: application hash, flags, counter, message hash.
        flags_and_counter = proof.take(5)
        signed = sha256(fields.pop()).digest() + flags_and_counter + sha256(signed).digest()
    proof.end()
    # ssh-rsa as an algorithm is SHA-1, which PROTOCOL.sshsig section 2 rules out.
    if algorithm not in (_RSA if kind == "ssh-rsa" else (kind,)):
        raise TrustError(f"a key of type {kind} can not sign with {algorithm[:40]!r}")
    try:
        _by_type(kind, algorithm, fields, raw, signed)
    except InvalidSignature:
        raise TrustError("the signature does not hold over these bytes") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustError(f"the key can not be used: {str(error)[:80]}") from None


def _by_type(kind: str, algorithm: str, fields: list[bytes], raw: bytes, signed: bytes) -> None:
    if kind.endswith("ssh-ed25519") or kind.startswith("sk-ssh-ed25519"):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        Ed25519PublicKey.from_public_bytes(fields[0]).verify(raw, signed)
    elif kind == "ssh-rsa":
        _rsa(fields, algorithm, raw, signed)
    else:
        _ecdsa(kind, fields, raw, signed)


def _rsa(fields: list[bytes], algorithm: str, raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    exponent, modulus = (int.from_bytes(part, "big") for part in fields)
    if modulus.bit_length() not in _RSA_BITS or exponent.bit_length() > 64:  # noqa: PLR2004 bits
        raise TrustError(f"an RSA key of {modulus.bit_length()} bits is not accepted")
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    size = (modulus.bit_length() + 7) // 8
    # RFC 8332 section 3: some implementations drop leading zeros.
    key.verify(
        raw.rjust(size, b"\0"), signed, padding.PKCS1v15(), getattr(hashes, _RSA[algorithm])()
    )


def _ecdsa(kind: str, fields: list[bytes], raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve = fields[0].decode("ascii", "replace")
    if f"ecdsa-sha2-{curve}" not in kind or curve not in _CURVES:
        raise TrustError("the key's curve is not that of its type")
    halves = _Wire(raw)
    r, s = (int.from_bytes(halves.string(), "big") for _ in range(2))
    halves.end()
    chosen: Any = getattr(ec, _CURVES[curve])()
    key = ec.EllipticCurvePublicKey.from_encoded_point(chosen, fields[1])
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(getattr(hashes, _ECDSA_HASH[curve])()))


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
