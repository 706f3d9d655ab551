"""OpenPGP: what is refused, and bytes from anywhere."""

import contextlib
from collections.abc import Iterator

import pytest
from git_repos import Gpg, needs_gpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.errors import InputError, TrustError
from keten.trust import openpgp

pytestmark = needs_gpg


@pytest.fixture(scope="module")
def gpg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpg]:
    made = Gpg(tmp_path_factory.mktemp("g") / "home")
    made.key("A <a@x.org>")
    made.key("B <b@x.org>", "rsa2048")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ring(gpg: Gpg) -> bytes:
    return gpg.run("--armor", "--export")


@pytest.fixture(scope="module")
def signed(gpg: Gpg) -> bytes:
    return gpg.run("-u", "a@x.org", "--armor", "--detach-sign", stdin=b"hello")


def test_holds(gpg: Gpg, ring: bytes, signed: bytes) -> None:
    held = openpgp.verify(signed, b"hello", openpgp.keyring(ring))

    assert held.fingerprint == gpg.fingerprint("a@x.org").lower()
    assert held.emails == ("a@x.org",)
    assert held.doubt == ""


def test_binary_keyring_and_joined_armor(gpg: Gpg, signed: bytes) -> None:
    parts = [gpg.run("--armor", "--export", who) for who in ("b@x.org", "a@x.org")]

    for data in (gpg.run("--export"), b"".join(parts)):
        assert openpgp.verify(signed, b"hello", openpgp.keyring(data)).emails == ("a@x.org",)


def test_refused(gpg: Gpg, ring: bytes, signed: bytes) -> None:
    keys = openpgp.keyring(ring)
    with pytest.raises(TrustError, match="does not hold"):
        openpgp.verify(signed, b"hallo", keys)
    with pytest.raises(openpgp.UnknownKeyError):
        openpgp.verify(signed, b"hello", openpgp.keyring(gpg.run("--export", "b@x.org")))
    with pytest.raises(TrustError, match="can not be read"):
        openpgp.verify(b"nothing", b"hello", keys)
    with pytest.raises(InputError):
        openpgp.keyring(b"no keys")


def test_sha1_is_no_proof(gpg: Gpg, ring: bytes) -> None:
    weak = gpg.run("-u", "b@x.org", "--digest-algo", "SHA1", "--detach-sign", stdin=b"hello")

    assert openpgp.verify(weak, b"hello", openpgp.keyring(ring)).doubt == (
        "the signature rests on SHA-1"
    )


def test_text_signature(gpg: Gpg, ring: bytes) -> None:
    text = gpg.run("-u", "b@x.org", "--textmode", "--detach-sign", stdin=b"a\nb\n")

    assert openpgp.verify(text, b"a\nb\n", openpgp.keyring(ring)).doubt == ""


@given(at=st.integers(0, 1500), put=st.binary(max_size=5))
@settings(
    max_examples=200, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_mutations(ring: bytes, signed: bytes, at: int, put: bytes) -> None:
    keys = openpgp.keyring(ring)
    changed = signed[:at] + put + signed[at + len(put) :]
    with contextlib.suppress(TrustError):
        assert openpgp.verify(changed, b"hello", keys).emails == ("a@x.org",)
    with contextlib.suppress(TrustError, InputError):
        openpgp.verify(signed, b"hello", openpgp.keyring(ring[:at] + put + ring[at:]))


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(InputError):
        openpgp.keyring(data)
    with contextlib.suppress(TrustError):
        openpgp.verify(data, b"hello", openpgp.Keyring({}))
