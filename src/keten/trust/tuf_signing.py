"""Write TUF metadata: keys as it names them, and signatures (specification sections 3 and 4.2).

Pure: private keys come in, bytes go out. Ed25519 and ECDSA P-256 keys sign.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from keten.errors import InputError
from keten.formats.tuf import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Private = Ed25519PrivateKey | EllipticCurvePrivateKey

SPECIFICATION = "1.0.34"
_CURVE = "secp256r1"


def load(data: bytes, password: bytes | None, name: str) -> "Private":
    """Return the private key in a PEM; InputError where it is none, or of another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        found = serialization.load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            f"{name} can not be read as a private key: {error}",
            advice="An encrypted key needs --passphrase-file; a key is PEM, PKCS #8.",
        ) from error
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return found
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name == _CURVE:
        return found
    raise InputError(f"{name} is neither an Ed25519 nor an ECDSA P-256 key")


def fresh(password: bytes | None) -> bytes:
    """Return a new Ed25519 private key as PEM, encrypted where there is a password."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    lock: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    )


def public(private: "Private") -> tuple[str, dict[str, Any]]:
    """Return the id of a key and the key as metadata lists it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if isinstance(private, Ed25519PrivateKey):
        raw = private.public_key().public_bytes_raw()
        key = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}
    else:
        pem = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        scheme = "ecdsa-sha2-nistp256"
        key = {"keytype": "ecdsa", "scheme": scheme, "keyval": {"public": pem.decode()}}
    return sha256(canonical(key)).hexdigest(), key


def sign(signed: dict[str, Any], keys: Sequence["Private"]) -> bytes:
    """Return metadata: what is *signed*, and a signature of each key."""
    payload = canonical(signed)
    made = {public(key)[0]: _signature(key, payload).hex() for key in keys}
    signatures = [{"keyid": name, "sig": made[name]} for name in sorted(made)]
    whole = {"signatures": signatures, "signed": signed}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _signature(key: "Private", payload: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if isinstance(key, Ed25519PrivateKey):
        return key.sign(payload)
    return key.sign(payload, ec.ECDSA(hashes.SHA256()))
