"""The public-key algorithms of OpenPGP: does a key's signature hold over a digest.

RFC 9580 sections 5.2.3 (signature values), 5.5.5 (key material) and 9.1, 9.2 (numbers).
"""

from typing import Any

from keten.errors import TrustError

_RSA, _RSA_SIGN, _ECDSA, _EDDSA, _ED25519 = 1, 3, 19, 22, 27
_CURVES = {
    "2a8648ce3d030107": "SECP256R1",
    "2b81040022": "SECP384R1",
    "2b81040023": "SECP521R1",
    "2b2403030208010107": "BrainpoolP256R1",
    "2b240303020801010b": "BrainpoolP384R1",
    "2b240303020801010d": "BrainpoolP512R1",
    "2b8104000a": "SECP256K1",
}
_ED25519_OID = "2b06010401da470f01"
_RSA_BITS = range(1024, 16385)
_EXPONENT_BITS = 64
_POINT = 32


def check_digest(key: bytes, algorithm: int, hashed: str, digest: bytes, values: bytes) -> None:
    """Raise TrustError unless *values* are the key's signature over *digest*.

    *key* is a version 4 key packet's body, *hashed* the name of the hash as in hashlib.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    kinds = {key[5], algorithm}
    if key[5] != algorithm and not kinds <= {_RSA, _RSA_SIGN}:
        raise TrustError("the signature's algorithm is not its key's")
    try:
        match algorithm:
            case 1 | 3:
                _rsa(key, hashed, digest, values)
            case 19:
                _ecdsa(key, hashed, digest, values)
            case 22:
                _eddsa(key, digest, values)
            case 27:
                _ed25519(key[6 : 6 + _POINT], values, digest)
            case _:
                raise TrustError(f"OpenPGP keys of algorithm {algorithm} can not be judged")
    except InvalidSignature:
        raise TrustError("the signature does not hold over these bytes") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustError(f"the key can not be used: {str(error)[:80]}") from None


def _mpi(data: bytes, at: int) -> tuple[bytes, int]:
    """Read a multiprecision integer (section 3.2): its bytes and where the next begins."""
    size = (int.from_bytes(data[at : at + 2], "big") + 7) // 8
    end = at + 2 + size
    if at + 2 > len(data) or end > len(data):
        raise TrustError("a number of the key or signature ends early")
    return data[at + 2 : end], end


def _prehashed(hashed: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return Prehashed(getattr(hashes, hashed.upper())())


def _rsa(key: bytes, hashed: str, digest: bytes, values: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    modulus, at = _mpi(key, 6)
    exponent, _ = _mpi(key, at)
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    if n.bit_length() not in _RSA_BITS or e.bit_length() > _EXPONENT_BITS:
        raise TrustError(f"an RSA key of {n.bit_length()} bits is not accepted")
    value, _ = _mpi(values, 0)
    public = rsa.RSAPublicNumbers(e, n).public_key()
    value = value.rjust((n.bit_length() + 7) // 8, b"\0")
    public.verify(value, digest, padding.PKCS1v15(), _prehashed(hashed))


def _ecdsa(key: bytes, hashed: str, digest: bytes, values: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    oid, point = _curve(key)
    name = _CURVES.get(oid)
    if name is None:
        raise TrustError(f"the curve {oid[:40]} can not be judged")
    public = ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, name)(), point)
    r, at = _mpi(values, 0)
    s, _ = _mpi(values, at)
    encoded = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    public.verify(encoded, digest, ec.ECDSA(_prehashed(hashed)))


def _eddsa(key: bytes, digest: bytes, values: bytes) -> None:
    oid, point = _curve(key)
    if oid != _ED25519_OID or point[:1] != b"\x40":
        raise TrustError(f"the curve {oid[:40]} can not be judged")
    r, at = _mpi(values, 0)
    s, _ = _mpi(values, at)
    _ed25519(point[1:], r.rjust(_POINT, b"\0") + s.rjust(_POINT, b"\0"), digest)


def _ed25519(point: bytes, value: bytes, digest: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(point).verify(value, digest)


def _curve(key: bytes) -> tuple[str, bytes]:
    size = key[6] if len(key) > 6 else 0  # noqa: PLR2004 after version, time, algorithm
    point, _ = _mpi(key, 7 + size)
    return key[7 : 7 + size].hex(), point
