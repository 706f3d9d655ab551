"""Attestations of packages: what holds is unknown until an issuer is named; the rest fails."""

import copy
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256, sha512
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from shared_data import SHARED, needs_shared

from keten.derive import attested
from keten.errors import InputError, TrustError
from keten.model.delivery import Attestation
from keten.model.facts import Facts
from keten.testing.examples import facts_of
from keten.trust import attestation as trust
from keten.trust import sigstore_bundle
from keten.trust.sigstore import pae

IDENTITY = "https://github.com/webshop/shop/.github/workflows/release.yml@refs/tags/v1.0"
WHEEL = b"PK: the bytes of a wheel"
NAME = "shop-1.0-py3-none-any.whl"
BESIDE = f"{NAME}.publish.attestation"
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def certificate(key: Any, *identities: str) -> bytes:
    """Return a certificate as Fulcio writes them, issued by itself."""
    name = x509.Name([])
    utf8 = b"\x0c\x1dhttps://github.com/webshop/on"
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(DAY)
        .not_valid_after(DAY.replace(hour=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(i) for i in identities]),
            critical=True,
        )
        .add_extension(_fulcio("1", b"https://issuer.example"), critical=False)
        .add_extension(_fulcio("12", utf8), critical=False)
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def _fulcio(last: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{last}"), value)


def statement(**more: Any) -> dict[str, Any]:
    subject = {"name": NAME, "digest": {"sha256": sha256(WHEEL).hexdigest()}}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": "https://publish.example/v1",
        "predicate": None,
        **more,
    }


def pep740(said: Any = None, key: Any = None, *identities: str) -> dict[str, Any]:
    """Return an attestation object over *said* by *key*."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    payload = json.dumps(statement() if said is None else said).encode()
    data = pae("application/vnd.in-toto+json", payload)
    match key:
        case ec.EllipticCurvePrivateKey():
            signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
        case _:
            signature = key.sign(data)
    return {
        "version": 1,
        "verification_material": {
            "certificate": b64(certificate(key, *(identities or (IDENTITY,)))),
            "transparency_entries": [],
        },
        "envelope": {"statement": b64(payload), "signature": b64(signature)},
    }


def as_bundle(item: dict[str, Any]) -> dict[str, Any]:
    """Return the same as npm keeps it."""
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": item["verification_material"]["certificate"]}
        },
        "dsseEnvelope": {
            "payload": item["envelope"]["statement"],
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": item["envelope"]["signature"], "keyid": ""}],
        },
    }


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def read(files: dict[str, bytes]) -> tuple[Facts, list[Attestation]]:
    facts = facts_of(files)
    return facts, [node for node in facts.nodes if isinstance(node, Attestation)]


def test_the_encoding_is_that_of_the_specification() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"

    assert pae("http://example.com/HelloWorld", b"hello world") == expected


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()),
                                 ed25519.Ed25519PrivateKey.generate()])  # fmt: skip
def test_what_holds_is_unknown_until_an_issuer_is_named(key: Any) -> None:
    facts, (node,) = read({f"dist/{BESIDE}": json.dumps(pep740(None, key)).encode(),
                           f"dist/{NAME}": WHEEL})  # fmt: skip

    assert not node.fault
    assert node.identity == IDENTITY
    assert node.issuer == "https://issuer.example"
    assert node.repository == "https://github.com/webshop/on"
    assert node.subjects == (f"{NAME} sha256:{sha256(WHEEL).hexdigest()}",)
    assert (node.ref, "issuer") not in {(item.ref, item.need) for item in facts.looked}
    assert not facts.problems


def test_the_file_beside_it_is_held_against_the_digest() -> None:
    facts, (node,) = read({BESIDE: json.dumps(pep740()).encode(), NAME: b"other bytes"})

    assert node.fault.startswith("it attests ")
    assert (node.ref, "issuer") in {(item.ref, item.need) for item in facts.looked}
    assert not facts.problems


def test_all_of_an_index_and_of_npm_are_read() -> None:
    provenance = {"version": 1, "attestation_bundles": [{"attestations": [pep740(), pep740()]}]}
    npm = {"attestations": [{"predicateType": "x", "bundle": as_bundle(pep740())}]}
    _, nodes = read({
        f"{NAME}.provenance": json.dumps(provenance).encode(),
        "attestations.json": json.dumps(npm).encode(),
        "other.provenance": b"no JSON",
        "x.attestations.json": b'{"attestations": 1}',
    })  # fmt: skip

    assert [(node.id, node.fault) for node in nodes] == [
        ("attestations.json#1", ""), (f"{NAME}.provenance#1", ""), (f"{NAME}.provenance#2", ""),
    ]  # fmt: skip


def test_npm_is_held_against_the_locked_hash() -> None:
    digest = sha512(b"tarball").digest()
    subject = {"name": "pkg:npm/%40shop/cart@1.0.0", "digest": {"sha512": digest.hex()}}
    npm = {"attestations": [{"bundle": as_bundle(pep740(statement(subject=[subject])))}]}

    def relations(locked: bytes) -> list[str]:
        entry = {"version": "1.0.0", "integrity": f"sha512-{b64(locked)}"}
        lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/@shop/cart": entry}}
        facts, _ = read({"attestations.json": json.dumps(npm).encode(),
                         "package-lock.json": json.dumps(lock).encode()})  # fmt: skip
        return [edge.relation for edge in attested.derive(facts, attested.Anchors()).edges]

    assert relations(digest) == ["attests"]
    assert relations(sha512(b"another").digest()) == ["contradicts"]
    assert relations(b"") == []


def test_a_key_that_is_only_named_proves_nothing() -> None:
    item = as_bundle(pep740()) | {"verificationMaterial": {"publicKey": {"hint": "SHA256:abc"}}}
    npm = {"attestations": [{"predicateType": "x", "bundle": item}]}
    _, (node,) = read({"attestations.json": json.dumps(npm).encode()})

    assert (node.fault, node.identity) == ("", "the key SHA256:abc")


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return an attestation of which one part is another."""
    made = copy.deepcopy(pep740())
    part = made
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return made


def _other(item: dict[str, Any]) -> str:
    payload = b64decode(item["envelope"]["statement"])
    return b64(payload.replace(b"publish", b"Publish"))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (changed("envelope", "statement", to=_other(pep740())), "not one of the certificate's key"),
        (changed("envelope", "signature", to=pep740()["envelope"]["signature"]), "not one of"),
        (changed("envelope", "signature", to="?"), "no base64"),
        (changed("envelope", "signature", to=""), "has no signature"),
        (changed("verification_material", "certificate", to=b64(b"x")), "can not be read"),
        (changed("version", to=2), "of version 2"),
        (changed("version", to=True), "of version True"),
        (changed("envelope", to=[]), "missing, or no object"),
        (pep740(statement(_type="https://in-toto.io/Statement/v2")), "a statement of type"),
        (pep740(statement(subject=[])), "no subject"),
        (pep740(statement(subject=[{"name": "x"}])), "no digest"),
        (pep740(statement(subject=[{"digest": {"sha256": 1}}])), "digest is no text"),
        (pep740(statement(predicateType="")), "no predicate type"),
        (pep740([]), "missing, or no object"),
        (pep740(None, None, IDENTITY, "https://other.example"), "names 2 identities"),
        (pep740(None, ec.generate_private_key(ec.SECP256K1())), "nobody may sign with"),
    ],
)
def test_what_does_not_hold_says_which_step(item: dict[str, Any], said: str) -> None:
    with pytest.raises(TrustError) as error:
        trust.verify(sigstore_bundle.pep740(item))

    assert said in error.value.what


def test_a_small_key_is_refused() -> None:
    key = rsa.generate_private_key(65537, 1024)
    envelope = sigstore_bundle.Envelope("application/vnd.in-toto+json", b"{}", b"x" * 128)
    bundle = sigstore_bundle.Bundle("0.3", envelope, certificate(key, IDENTITY))

    with pytest.raises(TrustError, match="nobody may sign with"):
        trust.verify(bundle)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("mediaType", "application/vnd.dev.sigstore.bundle+json;version=99.9", "media type"),
        ("verificationMaterial", {"publicKey": {"hint": "x"}}, "no certificate"),
        ("dsseEnvelope", {"signatures": [{}, {}]}, "exactly one signature"),
        ("dsseEnvelope", None, "missing, or no object"),
    ],
)
def test_a_bundle_that_is_none_is_refused(part: str, value: Any, said: str) -> None:
    with pytest.raises(TrustError) as error:
        trust.verify(sigstore_bundle.read({**as_bundle(pep740()), part: value}))

    assert said in error.value.what


def test_the_payload_type_counts() -> None:
    item = as_bundle(pep740())
    item["dsseEnvelope"]["payloadType"] = "text/plain"

    with pytest.raises(TrustError, match="no in-toto statement"):
        trust.verify(sigstore_bundle.read(item))


@needs_shared
def test_a_real_bundle_holds_and_no_changed_one_does() -> None:
    assert SHARED is not None
    file = "vectors/sigstore/bundle-verify/happy-path-intoto-in-dsse-v3/bundle.sigstore.json"
    item = json.loads((SHARED / file).read_text())
    said = trust.verify(sigstore_bundle.read(item))

    assert said.predicate == "https://slsa.dev/provenance/v1"
    assert said.issuer == "https://token.actions.githubusercontent.com"
    assert (
        said.repository
        == "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
    )
    assert said.identity.startswith(said.repository)
    payload = bytearray(b64decode(item["dsseEnvelope"]["payload"]))
    for at in range(0, len(payload), 97):
        mutated = copy.deepcopy(item)
        payload[at] ^= 1
        mutated["dsseEnvelope"]["payload"] = b64(bytes(payload))
        payload[at] ^= 1
        with pytest.raises(TrustError):
            trust.verify(sigstore_bundle.read(mutated))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(as_bundle(pep740()))), JSON)
def test_any_bundle_is_taken_or_refused(part: str, value: Any) -> None:
    try:
        trust.verify(sigstore_bundle.read({**as_bundle(GOOD), part: value}))
    except TrustError:
        return
    assert part not in {"dsseEnvelope", "verificationMaterial"}


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    bundle = sigstore_bundle.read(as_bundle(GOOD))
    envelope = bundle.content
    whole = bundle.certificate
    changes = (
        structs.replace(bundle, content=structs.replace(envelope, payload=data)),
        structs.replace(bundle, content=structs.replace(envelope, signature=data)),
        structs.replace(bundle, certificate=data),
        structs.replace(bundle, certificate=whole[: len(data)] + data + whole[2 * len(data) :]),
    )
    for change in changes:
        try:
            trust.verify(change)
        except TrustError:
            continue
        assert change == bundle or change.certificate != whole


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    for name in (BESIDE, "x.provenance", "attestations.json"):
        try:
            facts_of({name: data})
        except InputError as error:
            assert error.what  # noqa: PT017 either way is right


GOOD = pep740()
