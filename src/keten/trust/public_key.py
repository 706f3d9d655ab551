"""Public keys and what they sign: the kinds that attestations and logs are signed with."""

from typing import Any

from keten.errors import TrustError

_RSA_BITS = range(2048, 16385)
_PEM = b"-----BEGIN"


def load(data: bytes, what: str = "the key") -> Any:
    """Return the key in *data*: SubjectPublicKeyInfo (RFC 5280, 4.1) or PKCS #1, DER or PEM."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    take = serialization.load_pem_public_key if _pem(data) else serialization.load_der_public_key
    try:
        return take(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustError(f"{what} can not be read") from error


def spki(key: Any) -> bytes:
    """Return a key as SubjectPublicKeyInfo, DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def same(data: bytes, key: Any) -> bool:
    """Return whether *data* holds *key*."""
    return spki(load(data, "the key in the log's entry")) == spki(key)


def check(key: Any, signature: bytes, data: bytes, *, whose: str, hashed: Any = None) -> None:
    """Raise TrustError unless *signature* of *data* is one of *key*, which is *whose*.

    ECDSA goes with the hash of its curve's size (*hashed* is another), RSA is PKCS #1 v1.5
    with SHA-256.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    curves = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(),
              "secp521r1": hashes.SHA512()}  # fmt: skip
    try:
        match key:
            case ec.EllipticCurvePublicKey() if key.curve.name in curves:
                key.verify(signature, data, ec.ECDSA(hashed or curves[key.curve.name]))
            case ed25519.Ed25519PublicKey():
                key.verify(signature, data)
            case rsa.RSAPublicKey() if key.key_size in _RSA_BITS:
                key.verify(signature, data, padding.PKCS1v15(), hashed or hashes.SHA256())
            case _:
                raise TrustError(f"{whose} key is of a kind that nobody may sign with")
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise TrustError(f"the signature is not one of {whose} key") from error


def _pem(data: bytes) -> bool:
    return data.lstrip()[:10] == _PEM
