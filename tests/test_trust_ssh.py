"""SSH signatures and allowed signers: security keys, refusals, and bytes from anywhere."""

import contextlib
import subprocess
from base64 import b64encode
from hashlib import sha256, sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from git_repos import needs_ssh, public, ssh_key
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.errors import TrustError
from keten.trust import allowed_signers, ssh_signature

MESSAGE = b"tree 1\n\nwhat is signed\n"
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def number(value: int) -> bytes:
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def armored(blob: bytes) -> bytes:
    text = b64encode(blob)
    return b"-----BEGIN SSH SIGNATURE-----\n" + text + b"\n-----END SSH SIGNATURE-----\n"


def to_sign(message: bytes = MESSAGE, namespace: bytes = b"git") -> bytes:
    digest = sha512(message).digest()
    return b"SSHSIG" + string(namespace) + string(b"") + string(b"sha512") + string(digest)


def signature(key: bytes, value: bytes, *, namespace: bytes = b"git", hashed: bytes = b"sha512",
              version: int = 1, after: bytes = b"") -> bytes:  # fmt: skip
    head = b"SSHSIG" + version.to_bytes(4, "big")
    return armored(
        head
        + string(key)
        + string(namespace)
        + string(b"")
        + string(hashed)
        + string(value)
        + after
    )


PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
POINT = PRIVATE.public_key().public_bytes(*RAW)
KEY = string(b"ssh-ed25519") + string(POINT)
GOOD = signature(KEY, string(b"ssh-ed25519") + string(PRIVATE.sign(to_sign())))


def check(data: bytes, message: bytes = MESSAGE) -> bytes:
    return ssh_signature.verify(ssh_signature.parse(data), message)


def test_plain_key() -> None:
    assert check(GOOD) == KEY


def sk_signed(flags: bytes = b"\1", counter: int = 7) -> tuple[bytes, bytes]:
    extra = flags + counter.to_bytes(4, "big")
    return extra, sha256(b"ssh:").digest() + extra + sha256(to_sign()).digest()


def test_security_key_ed25519() -> None:
    kind = b"sk-ssh-ed25519@openssh.com"
    key = string(kind) + string(POINT) + string(b"ssh:")
    extra, signed = sk_signed()
    value = string(kind) + string(PRIVATE.sign(signed)) + extra

    assert check(signature(key, value)) == key
    with pytest.raises(TrustError, match="does not hold"):
        check(signature(key, value[:-1] + b"\xff"))
    with pytest.raises(TrustError, match="does not hold"):
        check(signature(key[:-1] + b"x", value))


def test_security_key_ecdsa() -> None:
    kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
    private = ec.derive_private_key(12345, ec.SECP256R1())
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    key = string(kind) + string(b"nistp256") + string(point) + string(b"ssh:")
    extra, signed = sk_signed()
    r, s = utils.decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
    value = string(kind) + string(number(r) + number(s)) + extra

    assert check(signature(key, value)) == key
    with pytest.raises(TrustError, match="does not hold"):
        check(signature(key, value), b"something else")


@pytest.mark.parametrize(("data", "why"), [
    (signature(KEY, string(b"ssh-ed25519") + string(bytes(64))), "does not hold"),
    (GOOD.replace(b"BEGIN SSH", b"BEGIN PGP"), "armor"),
    (signature(KEY, b"", hashed=b"md5"), "hashes with"),
    (signature(KEY, b"", version=2), "version 2"),
    (signature(KEY, b"", after=b"x"), "left over"),
    (signature(KEY, string(b"ssh-rsa") + string(b"x")), "can not sign with"),
    (signature(string(b"ssh-dss") + string(b"x") * 4, string(b"ssh-dss") + string(b"x")),
     "can not be judged"),
    (signature(string(b"ssh-rsa") + number(3) + number((1 << 511) + 1),
               string(b"rsa-sha2-256") + string(b"x")), "512 bits"),
    (signature(string(b"ssh-rsa") + number(3) + number((1 << 2047) + 1),
               string(b"ssh-rsa") + string(bytes(256))), "can not sign with"),
    (signature(KEY, string(b"ssh-ed25519") + string(PRIVATE.sign(to_sign())), namespace=b"file"),
     "made for 'file'"),
])  # fmt: skip
def test_refused(data: bytes, why: str) -> None:
    with pytest.raises(TrustError, match=why):
        check(data)


def test_sha1_rsa_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    key = string(b"ssh-rsa") + number(numbers.e) + number(numbers.n)
    old = private.sign(to_sign(), padding.PKCS1v15(), hashes.SHA1())
    new = private.sign(to_sign(), padding.PKCS1v15(), hashes.SHA256())

    assert check(signature(key, string(b"rsa-sha2-256") + string(new))) == key
    with pytest.raises(TrustError):
        check(signature(key, string(b"ssh-rsa") + string(old)))
    with pytest.raises(TrustError, match="does not hold"):
        check(signature(key, string(b"rsa-sha2-512") + string(new)))


@given(st.binary(max_size=400) | st.tuples(st.integers(0, 250), st.binary(max_size=6)))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_refused_and_nothing_else(mutation: bytes | tuple[int, bytes]) -> None:
    data = mutation
    if isinstance(data, tuple):
        at, put = data
        data = GOOD[:at] + put + GOOD[at + len(put) :]
    with contextlib.suppress(TrustError):
        assert check(data) == KEY


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_certificate_is_refused(tail: bytes) -> None:
    with pytest.raises(TrustError):
        ssh_signature.certificate(string(b"ssh-ed25519-cert-v01@openssh.com") + tail)


@pytest.mark.parametrize(("name", "patterns", "expected"), [
    ("a@x.org", "a@x.org", True),
    ("a@x.org", "*@x.org", True),
    ("a@x.org", "*@x.org,!a@x.org", False),
    ("a@x.org", "!a@x.org,*", False),
    ("b@x.org", "!a@x.org,*", True),
    ("a@x.org", "!b@x.org", False),
    ("a@x.org", "?@x.org", True),
    ("aa@x.org", "?@x.org", False),
    ("A@x.org", "a@x.org", False),
    ("a" * 500, "*a*a*a*a*b", False),
])  # fmt: skip
def test_patterns(name: str, patterns: str, expected: bool) -> None:  # noqa: FBT001 a table
    assert allowed_signers.matches(name, patterns) is expected


LINE = f"a@x.org ssh-ed25519 {b64encode(KEY).decode()}"


@pytest.mark.parametrize(("options", "what"), [
    ("nonsense", "'nonsense' twice, or with"),
    ('valid-after="2024"', "is no time"),
    ('valid-after="20241301"', "is no time"),
    ('valid-after="20240101",valid-after="20250101"', "twice"),
    ('valid-after="20250101",valid-before="20240101"', "is not before"),
    ('cert-authority="x"', "with or without"),
    ("namespaces", "with or without"),
    ('namespaces="git', "can not be read"),
    ('permit="x"', "is not known"),
])  # fmt: skip
def test_lines_that_allow_nobody(options: str, what: str) -> None:
    parsed = allowed_signers.parse(LINE.replace(" ssh", f" {options} ssh", 1).encode())

    assert parsed.entries == ()
    assert what in parsed.faults[0][1]


@needs_ssh
@pytest.mark.parametrize("options", [
    "", 'namespaces="git"', 'namespaces="file,git"', 'namespaces="file"', 'NAMESPACES="g*"',
    'namespaces="!git,*"', 'valid-after="20200101"', 'valid-after="203001010000Z"',
    'valid-before="20300101123456Z"', 'valid-before="20200101",namespaces="git"',
    'valid-after="2020010112",namespaces="git"', "cert-authority", "unknown",
    'namespaces="git",valid-after="20200101",valid-before="20300101"',
])  # fmt: skip
def test_agrees_with_ssh_keygen(tmp_path: Path, options: str) -> None:
    key = ssh_key(tmp_path, "key")
    allowed = tmp_path / "allowed"
    allowed.write_text(f'"a@x.org,b@x.org" {options} {public(key)} comment\n')
    message = tmp_path / "message"
    message.write_bytes(MESSAGE)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(key), str(message)],
                   check=True, capture_output=True)  # fmt: skip
    theirs = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-n", "git", "-f", str(allowed), "-I", "b@x.org",
         "-s", f"{message}.sig", "-Overify-time=20250601000000"],
        input=MESSAGE, capture_output=True, check=False, env={"TZ": "UTC"},
    )  # fmt: skip

    ours = 0
    try:
        parsed = ssh_signature.parse((tmp_path / "message.sig").read_bytes())
        ssh_signature.verify(parsed, MESSAGE)
        lists = allowed_signers.allow(
            allowed_signers.parse(allowed.read_bytes()), parsed.key, when=1748736000
        )
        ours = 0 if any(allowed_signers.matches("b@x.org", each) for each in lists) else 1
    except TrustError:
        ours = 1

    assert ours == bool(theirs.returncode)


@given(st.text(max_size=200) | st.tuples(st.integers(0, 100), st.text(max_size=6)))
@settings(max_examples=300, deadline=None)
def test_any_file_of_signers_is_read(mutation: str | tuple[int, str]) -> None:
    data = mutation
    if isinstance(data, tuple):
        at, put = data
        data = LINE[:at] + put + LINE[at:]
    parsed = allowed_signers.parse(data.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(TrustError):
        allowed_signers.allow(parsed, KEY, when=0)


def test_long_lines_end_fast() -> None:
    for text in ("a" * 5_000_000, '"' * 3_000_000, "a " + "x=" * 2_000_000, "\\" * 3_000_000):
        assert allowed_signers.parse(text.encode()).entries == ()
