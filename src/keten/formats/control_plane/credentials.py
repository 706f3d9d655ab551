"""Kubeconfigs and certificates: what is public of them. No key, token or password is kept."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from keten.errors import TrustError
from keten.formats.control_plane.gathered import Found, items, mapping, text
from keten.model import control_plane as plane

ENTRIES = 1_000
"""The most users and clusters of a kubeconfig that are read."""
CERTIFICATES = 100
"""The most certificates of one file that are read."""
BUNDLE = 10
"""A file of more certificates says whom to trust: they are not the cluster's to renew."""
PEM = 256 << 10
"""The most bytes of one certificate, as PEM."""
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def kubeconfig(
    value: dict[str, Any],
    fields: dict[str, int],
    path: str,
    line: int,
    *,
    node: str = "",
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Iterator[Found]:
    """Yield the kubeconfig that a document is, and the certificates inside of it.

    *files* are those beside it, by their paths: certificates that it names are read there, and
    told of with the file that they stand in.
    """
    if value.get("kind") not in ("Config", None) or "clusters" not in value:
        return
    if "users" not in value or value.get("apiVersion") not in ("v1", None):
        return
    listed = [mapping(entry) for entry in items(value["clusters"])]
    if value.get("kind") is None and not any("cluster" in entry for entry in listed[:ENTRIES]):
        return
    logins, certificates = [], []
    for i, entry in enumerate(map(mapping, items(value.get("users"))[:ENTRIES])):
        login, found = _login(entry, f"users[{i}].user", path, node, files)
        logins.append(login)
        if found is not None:
            certificates.append(Found(found, {}, fields.get(f"users[{i}]", line)))
    servers = [
        _server(mapping(entry), f"clusters[{i}].cluster")
        for i, entry in enumerate(items(value.get("clusters"))[:ENTRIES])
    ]
    made = plane.Kubeconfig(path, path, node, tuple(logins), tuple(servers))
    yield Found(made, fields, line)
    yield from certificates


def _login(
    entry: dict[str, Any], at: str, path: str, node: str, files: Mapping[str, bytes]
) -> tuple[plane.Login, plane.Certificate | None]:
    user, name = mapping(entry.get("user")), text(entry.get("name"))[:200]
    data = text(user.get("client-certificate-data"))
    if data:
        for found in certificates(_decoded(data), path, node=node):
            login = plane.Login(
                name, "certificate", found.subject, found.organizations, found.ends, at
            )
            return login, found
    for found in certificates(files.get(text(user.get("client-certificate")), b""), path):
        login = plane.Login(name, "certificate", found.subject, found.organizations, found.ends, at)
        return login, None
    how = next((word for key, word in _HOW if user.get(key)), "none")
    return plane.Login(name, how, at=at), None


_HOW = (
    ("client-certificate-data", "certificate"), ("client-certificate", "certificate"),
    ("token", "token"), ("password", "password"), ("exec", "exec"),
    ("auth-provider", "auth-provider"), ("tokenFile", "token-file"),
)  # fmt: skip


def _decoded(text_: str) -> bytes:
    import base64
    import binascii

    if len(text_) > PEM:
        return b""
    try:
        return base64.b64decode(text_)
    except (binascii.Error, ValueError):
        return b""


def _server(entry: dict[str, Any], at: str) -> plane.Server:
    cluster = mapping(entry.get("cluster"))
    return plane.Server(
        text(entry.get("name"))[:200],
        text(cluster.get("server"))[:500],
        cluster.get("insecure-skip-tls-verify") is True,
        bool(cluster.get("certificate-authority") or cluster.get("certificate-authority-data")),
        at,
    )


def certificates(data: bytes, path: str, *, node: str = "") -> Iterator[plane.Certificate]:
    """Yield the certificates in PEM; what can not be read of them is passed over."""
    blocks: list[bytes] = []
    at = data.find(_BEGIN)
    while at >= 0 and len(blocks) < CERTIFICATES:
        end = data.find(_END, at)
        if end < 0:
            break
        if end - at <= PEM:
            blocks.append(data[at : end + len(_END)])
        at = data.find(_BEGIN, end)
    if len(blocks) > BUNDLE:
        return
    for block in blocks:
        try:
            yield _certificate(block, path, node)
        except TrustError:
            continue


def _certificate(block: bytes, path: str, node: str) -> plane.Certificate:
    import warnings

    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509.oid import NameOID

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = x509.load_pem_x509_certificate(block + b"\n")
            kind, bits = _key(found.public_key())
            signed = found.signature_hash_algorithm.name if found.signature_hash_algorithm else ""
            groups = found.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
            return plane.Certificate(
                f"{path}:{found.serial_number:x}", path=path, node=node,
                subject=found.subject.rfc4514_string()[:300],
                issuer=found.issuer.rfc4514_string()[:300],
                begins=found.not_valid_before_utc.date().isoformat(),
                ends=found.not_valid_after_utc.date().isoformat(),
                key=kind, bits=bits, signed=signed, names=_names(found),
                organizations=tuple(str(item.value)[:200] for item in groups[:20]),
                authority=_is_authority(found),
            )  # fmt: skip
    except (
        ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion,
        x509.UnsupportedGeneralNameType, OverflowError,
    ) as error:  # fmt: skip
        raise TrustError("a certificate that can not be read") from error


def _key(key: Any) -> tuple[str, int]:
    """Return the kind of a public key and its size in bits."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
    return type(key).__name__[:40], 0


def _names(found: Any) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(str(name.value)[:253] for name in list(names)[:100])


def _is_authority(found: Any) -> bool:
    from cryptography import x509

    try:
        return bool(found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False
