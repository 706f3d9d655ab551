"""Signatures proven to the end: an instance of our own, and Sigstore's conformance suite."""

import contextlib
import copy
import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sigstore_instance as made
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from public_good import TRUSTED_ROOT
from shared_data import SHARED, needs_shared
from sigstore_instance import NOW, STAMPS, Authority, Instance, Tree, b64

from keten.errors import InputError, KetenError, TrustError
from keten.trust import (
    attestation,
    certificates,
    der,
    public_key,
    sigstore,
    sigstore_bundle,
    timestamp,
    transparency,
)
from keten.trust import trusted_root as roots
from keten.trust.trusted_root import TrustedRoot

INSTANCE = Instance()
PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'
KINDS = ("dsse", "intoto", "hashedrekord", "tiles", "tiles-dsse")
MINUTE = NOW + timedelta(minutes=1)


def root(**more: Any) -> TrustedRoot:
    return roots.read(json.dumps(INSTANCE.trusted_root(**more)).encode())


ROOT = root()


def prove(bundle: dict[str, Any], trusted: TrustedRoot = ROOT, **more: Any) -> sigstore.Proven:
    return sigstore.prove(sigstore_bundle.read(bundle), trusted, **more)


def changed(bundle: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """Return *bundle* with one part put in the place of another; None takes it out."""
    copied = copy.deepcopy(bundle)
    part: Any = copied
    for step in path[:-1]:
        part = part[step]
    if to is None:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return copied


ENTRY = ("verificationMaterial", "tlogEntries", 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 4, 5, 8])
def test_what_is_right_is_proven(kind: str, size: int) -> None:
    proven = prove(INSTANCE.bundle(PAYLOAD, kind=kind, size=size))

    assert proven.times == (int(MINUTE.timestamp()),)
    assert proven.authority == "https://issuer.example"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_is_named_is_proven(kind: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    bundle = INSTANCE.bundle(PAYLOAD, kind=kind, key=key, hint="mine")

    assert prove(bundle, key=key.public_key()).times == (int(MINUTE.timestamp()),)
    with pytest.raises(TrustError, match="its key is not known"):
        prove(bundle)
    with pytest.raises(TrustError, match="another certificate or key"):
        prove(bundle, key=ec.generate_private_key(ec.SECP256R1()).public_key())


def test_a_promise_is_enough_for_the_first_version_only() -> None:
    bundle = INSTANCE.bundle(PAYLOAD, version="0.1")
    bare = changed(bundle, *ENTRY, "inclusionProof", to=None)

    assert prove(bare).times
    media = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    with pytest.raises(TrustError, match="no proof that it stands there"):
        prove({**bare, "mediaType": media})
    with pytest.raises(TrustError, match="no proof that it stands there"):
        prove(changed(bare, *ENTRY, "inclusionPromise", to=None))


def test_all_times_count() -> None:
    bundle = INSTANCE.bundle(PAYLOAD, stamp=True)
    signature = b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    assert len(prove(bundle).times) == 1

    late = b64(INSTANCE.stamp(signature, NOW + timedelta(minutes=11)))
    stamps = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    stamps.append({"signedTimestamp": late})
    with pytest.raises(TrustError, match="was not valid when it signed"):
        prove(bundle)


def leaf(**more: Any) -> dict[str, Any]:
    """Return a bundle with a certificate that is other than it should be."""
    key = ec.generate_private_key(ec.SECP256R1())
    return INSTANCE.bundle(PAYLOAD, key=key, leaf=INSTANCE.certificate(key, **more))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sct": "none"}, "no SCT"),
        ({"sct": "forged"}, "the log of certificates' key"),
        ({"sct": "unknown"}, "no log of certificates that is trusted"),
        ({"sct": "issuer"}, "the log of certificates' key"),
        ({"sct": "old"}, "not trusted at that time"),
        ({"begin": NOW + timedelta(minutes=2)}, "the certificate was not valid when it signed"),
        ({"minutes": 0}, "the certificate was not valid when it signed"),
        ({"use": [STAMPS]}, "for another use"),
        ({"drop": x509.KeyUsage}, "not for signing"),
        ({"drop": x509.ExtendedKeyUsage}, "for another use"),
        ({"extra": ((x509.BasicConstraints(True, None), True),)}, "one of an authority"),  # noqa: FBT003 the library's
        (
            {
                "extra": (
                    (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x"), True),
                )
            },
            "critical extension that is not known: 1.2.3.4",
        ),
        ({"issuer_key": INSTANCE.log}, "was not issued by"),
        ({"algorithm": hashes.SHA3_256()}, "a hash that nobody may sign with"),
    ],
)
def test_a_certificate_that_does_not_hold(more: dict[str, Any], said: str) -> None:
    with pytest.raises(TrustError) as error:
        prove(leaf(**more))

    assert said in error.value.what


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ca": False}, "none of an authority"),
        ({"certs": False}, "may not issue certificates"),
        ({"use": STAMPS}, "issues for another use"),
        ({"days": -1}, "a certificate of its chain was not valid"),
    ],
)
def test_a_chain_that_does_not_hold(more: dict[str, Any], said: str) -> None:
    issuer = INSTANCE.issuer
    below = issuer.authority("issuer below", issuer.key, issuer.root, **more)
    chain = [{"rawBytes": b64(made.der(one))} for one in (below, issuer.root)]
    trusted = root(certificateAuthorities=[{"uri": "", "certChain": {"certificates": chain}}])

    with pytest.raises(TrustError) as error:
        prove(leaf(), trusted)

    assert said in error.value.what


def test_a_chain_that_is_too_long() -> None:
    issuer = Authority("issuer", made.CODE)
    issuer.root = issuer.authority("issuer root", issuer.root_key, None, length=0)
    middle_key = issuer.root_key
    middle = issuer.authority("middle", middle_key, issuer.root, length=0)
    subject = middle.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(INSTANCE.issuer.below.subject)
        .issuer_name(subject)
        .public_key(INSTANCE.issuer.key.public_key())
        .serial_number(5)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(True, None), True)  # noqa: FBT003 the library's
    )
    below = builder.sign(middle_key, hashes.SHA256())
    chain = [{"rawBytes": b64(made.der(one))} for one in (below, middle, issuer.root)]

    with pytest.raises(TrustError, match="longer than one of its certificates allows"):
        prove(leaf(), root(certificateAuthorities=[{"certChain": {"certificates": chain}}]))


def test_times_of_a_root_include_their_ends() -> None:
    at = int(MINUTE.timestamp())
    bundle = INSTANCE.bundle(PAYLOAD)
    end = MINUTE.strftime("%Y-%m-%dT%H:%M:%SZ")
    before = (MINUTE - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def until(when: str) -> TrustedRoot:
        said = INSTANCE.issuer.said("https://issuer.example", end=when)
        return root(certificateAuthorities=[said])

    assert prove(bundle, until(end)).times == (at,)
    with pytest.raises(TrustError, match="authority was not trusted at that time"):
        prove(bundle, until(before))
    logs = INSTANCE.trusted_root()["tlogs"]
    logs[0]["publicKey"]["validFor"]["end"] = before
    with pytest.raises(TrustError, match="log was not trusted at the time"):
        prove(bundle, root(tlogs=logs))
    assert prove(TILES, root(tlogs=logs)).times
    logs[1]["publicKey"]["validFor"]["end"] = before
    with pytest.raises(TrustError, match="log was not trusted at the time"):
        prove(TILES, root(tlogs=logs))


def test_a_key_of_tomorrow_takes_nothing_from_those_of_today() -> None:
    key = made.tlv(0x30, made.tlv(0x30, made.oid("1.3.9999.6.7")) + made.tlv(0x03, b"\0key"))
    logs = INSTANCE.trusted_root()["tlogs"]
    new = {"baseUrl": "https://new.example", "publicKey": {"rawBytes": b64(key)}}
    trusted = root(tlogs=[*logs, {**new, "logId": {"keyId": "eA=="}}])
    assert prove(GOOD, trusted).times
    with pytest.raises(TrustError, match="nobody may sign with"):
        prove(changed(GOOD, *ENTRY, "logId", "keyId", to="eA=="), trusted)


def proof(name: str) -> tuple[Any, ...]:
    return (*ENTRY, "inclusionProof", name)


GOOD = INSTANCE.bundle(PAYLOAD)
OTHER = INSTANCE.bundle(PAYLOAD)
NOTE = GOOD["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"]
RENAMED = NOTE.replace("\N{EM DASH} rekor", "\N{EM DASH} other")
TILES = INSTANCE.bundle(PAYLOAD, kind="tiles")


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        (changed(GOOD, "verificationMaterial", "tlogEntries", to=[]), "no transparency log"),
        (changed(GOOD, *ENTRY, "logId", "keyId", to=b64(b"x" * 32)), "no log that is trusted"),
        (changed(GOOD, *ENTRY, "integratedTime", to="1"), "the transparency log's key"),
        (changed(GOOD, *ENTRY, "logIndex", to="9"), "the transparency log's key"),
        (changed(GOOD, *ENTRY, "inclusionPromise", to=None), "nobody who is trusted says when"),
        (changed(GOOD, *proof("logIndex"), to="2"), "does not lead to the root"),
        (changed(GOOD, *proof("logIndex"), to="7"), "that the log does not have"),
        (changed(GOOD, *proof("treeSize"), to="8"), "of another tree"),
        (changed(GOOD, *proof("treeSize"), to="3"), "that the log does not have"),
        (changed(GOOD, *proof("treeSize"), to="900"), "shorter than the tree is high"),
        (changed(GOOD, *proof("hashes"), to=[b64(b"x" * 32)] * 9), "longer than the tree is high"),
        (changed(GOOD, *proof("hashes"), to=[b64(b"x")]), "a hash of the proof is none"),
        (changed(GOOD, *proof("rootHash"), to=b64(b"x" * 32)), "does not lead to the root"),
        (changed(GOOD, *proof("checkpoint"), to=None), "no signed note"),
        (
            changed(GOOD, *proof("checkpoint"),
                    to=OTHER["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]),
            "of another tree",
        ),
        (changed(GOOD, *proof("checkpoint"), "envelope", to=NOTE.replace("- 1234", "- 1")),
         "the checkpoint's key"),
        (changed(GOOD, *proof("checkpoint"), "envelope", to=RENAMED),
         "not signed by the log"),
        (changed(GOOD, *proof("checkpoint"), "envelope", to=NOTE.replace("\N{EM DASH} ", "- ")),
         "is none"),
        (changed(GOOD, *proof("checkpoint"), "envelope", to=NOTE.partition("\n")[2]),
         "names no tree"),
        (changed(GOOD, *ENTRY, "kindVersion", "kind", to="intoto"), "of another kind"),
        (changed(GOOD, "verificationMaterial", "tlogEntries",
                 to=OTHER["verificationMaterial"]["tlogEntries"]), "of another signature"),
        (changed(GOOD, "verificationMaterial", "certificate",
                 to=OTHER["verificationMaterial"]["certificate"]), "of another certificate"),
        (changed(GOOD, "dsseEnvelope", "payload", to=b64(b"{}")), "something else than what was"),
        (changed(GOOD, "dsseEnvelope", "payloadType", to="text/plain"), "the certificate's key"),
        (changed(TILES, "verificationMaterial", "timestampVerificationData", to=None),
         "nobody who is trusted says when"),
        (changed(TILES, *ENTRY, "kindVersion", "version", to="0.0.1"), "of another kind"),
    ],
)  # fmt: skip
def test_an_entry_that_does_not_hold(bundle: dict[str, Any], said: str) -> None:
    with pytest.raises(TrustError) as error:
        prove(bundle)

    assert said in error.value.what


def rewritten(kind: str, *path: Any, to: Any) -> dict[str, Any]:
    """Return a bundle whose log signed an entry that says something else."""
    bundle = INSTANCE.bundle(PAYLOAD, kind=kind)
    body = json.loads(
        b64decode(bundle["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"])
    )
    body = changed(body, "spec", *path, to=to)
    entry = INSTANCE.entry(kind, json.dumps(body, separators=(",", ":")).encode(), MINUTE)
    bundle["verificationMaterial"]["tlogEntries"] = [entry]
    return bundle


@pytest.mark.parametrize(
    ("kind", "path", "to", "said"),
    [
        ("dsse", ("payloadHash", "value"), "00", "something else"),
        ("dsse", ("signatures",), [], "exactly one signature"),
        ("dsse", ("signatures", 0, "signature"), b64(b"x"), "another signature"),
        ("dsse", ("signatures", 0, "verifier"), b64(b"x"), "can not be read"),
        ("intoto", ("content", "payloadHash", "algorithm"), "sha1", "something else"),
        ("intoto", ("content", "envelope", "signatures", 0, "sig"), b64(b"x"), "another signature"),
        ("hashedrekord", ("data", "hash", "value"), "00", "something else"),
        ("hashedrekord", ("signature", "content"), b64(b"x"), "another signature"),
        ("tiles", ("hashedRekordV002", "data", "digest"), b64(b"x"), "something else"),
        ("tiles", ("hashedRekordV002", "signature", "verifier"), {}, "its certificate is missing"),
        ("tiles-dsse", ("dsseV002", "signatures", 0, "content"), b64(b"x"), "another signature"),
    ],
)
def test_a_log_that_has_something_else(kind: str, path: Any, to: Any, said: str) -> None:
    with pytest.raises(TrustError) as error:
        prove(rewritten(kind, *path, to=to))

    assert said in error.value.what


def test_kinds_that_can_not_be_compared_are_refused() -> None:
    bundle = INSTANCE.bundle(PAYLOAD)
    entry = INSTANCE.entry("rpm", b'{"apiVersion":"0.0.1","kind":"rpm","spec":{}}', MINUTE)
    bundle["verificationMaterial"]["tlogEntries"] = [entry]

    with pytest.raises(TrustError, match=r"can not be compared: rpm 0\.0\.1"):
        prove(bundle)


def test_signatures_of_others_on_a_checkpoint_say_nothing() -> None:
    other = f"\N{EM DASH} witness.example {b64(b'abcd' + b'x' * 64)}\n"
    head, _, tail = NOTE.rpartition("\n\n")
    for note in (f"{head}\n\n{other}{tail}", f"{NOTE}{other}"):
        assert prove(changed(GOOD, *proof("checkpoint"), "envelope", to=note)).times
    with pytest.raises(TrustError, match="not signed by the log"):
        prove(changed(GOOD, *proof("checkpoint"), "envelope", to=f"{head}\n\n{other}"))
    with pytest.raises(TrustError, match="more than 100 signatures"):
        prove(changed(GOOD, *proof("checkpoint"), "envelope", to=f"{NOTE}{other * 100}"))


@given(st.integers(1, 70), st.data())
@settings(max_examples=60)
def test_every_leaf_of_every_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = Tree([b"%d" % n for n in range(size)])
    good = sigstore_bundle.Proof(index, size, tree.root(), tuple(tree.path(index)), "")

    transparency.included(b"%d" % index, good)
    with pytest.raises(TrustError):
        transparency.included(b"another", good)


STAMPED = b"the bytes of a signature"


def stamp(**wrong: Any) -> bytes:
    return INSTANCE.stamp(STAMPED, MINUTE, **wrong)


def stranger(serial: int) -> x509.Certificate:
    """Return a certificate of an authority of the same name that nobody trusts."""
    other = Authority("stamps", STAMPS)
    return other.leaf(INSTANCE.stamp_key, serial=serial).sign(other.key, hashes.SHA256())


@pytest.mark.parametrize("held", [True, False])
def test_a_timestamp_that_holds(held: bool) -> None:  # noqa: FBT001 of pytest
    assert timestamp.verify(stamp(held=held), STAMPED, ROOT.timestamps) == MINUTE.timestamp()


@pytest.mark.parametrize("held", [True, False])
def test_a_timestamp_of_an_authority_without_its_leaf(held: bool) -> None:  # noqa: FBT001 of pytest
    trusted = root(timestampAuthorities=[INSTANCE.stamper.said("https://stamps.example")])

    if held:
        assert timestamp.verify(stamp(), STAMPED, trusted.timestamps) == MINUTE.timestamp()
        return
    with pytest.raises(TrustError, match="no authority that is trusted"):
        timestamp.verify(stamp(held=False), STAMPED, trusted.timestamps)


@pytest.mark.parametrize(
    ("response", "data", "said"),
    [
        (stamp(), b"other", "of another signature"),
        (stamp(status=2), STAMPED, "was not granted"),
        (stamp(key=INSTANCE.log), STAMPED, "the timestamp authority's key"),
        (stamp(digest=b"x" * 32), STAMPED, "changed after it was signed"),
        (stamp(leaf=stranger(7)), STAMPED, "names another certificate"),
        (stamp(leaf=stranger(8)), STAMPED, "was not issued by"),
        (stamp(named=made.tlv(0x30, b"")), STAMPED, "names another certificate"),
        (stamp(kind=made.oid("1.2.3")), STAMPED, "signs something else"),
        (stamp()[:-1], STAMPED, "is cut off"),
        (stamp() + b"x", STAMPED, "is damaged"),
        (b"", STAMPED, "is damaged"),
        (INSTANCE.stamp(STAMPED, NOW + timedelta(days=30)), STAMPED, "was not valid when it"),
    ],
)
def test_a_timestamp_that_does_not_hold(response: bytes, data: bytes, said: str) -> None:
    with pytest.raises(TrustError) as error:
        timestamp.verify(response, data, ROOT.timestamps)

    assert said in error.value.what


def test_a_timestamp_of_an_authority_that_is_over() -> None:
    said = INSTANCE.trusted_root()["timestampAuthorities"]
    said[0]["validFor"]["end"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    with pytest.raises(TrustError, match="timestamp's authority was not trusted at that time"):
        timestamp.verify(stamp(), STAMPED, root(timestampAuthorities=said).timestamps)


def test_a_timestamp_by_a_certificate_for_more_than_that() -> None:
    stamper = INSTANCE.stamper
    both = stamper.leaf(INSTANCE.stamp_key, serial=9, use=[STAMPS, made.CODE])
    signed = both.sign(stamper.key, hashes.SHA256())
    bare = root(timestampAuthorities=[stamper.said("https://stamps.example")])
    with pytest.raises(TrustError, match="not for timestamps alone"):
        timestamp.verify(stamp(leaf=signed), STAMPED, bare.timestamps)
    with pytest.raises(TrustError, match="was not issued by"):  # the root names the one leaf
        timestamp.verify(stamp(leaf=signed), STAMPED, ROOT.timestamps)


def test_a_bundle_of_today_has_no_chain() -> None:
    old = INSTANCE.bundle(PAYLOAD, version="0.2")
    assert prove(old).times
    with pytest.raises(TrustError, match="holds one certificate, no chain"):
        prove({**old, "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"})


def test_der_is_read_as_openssl_writes_it() -> None:
    encoded = made.der(INSTANCE.stamp_leaf)
    parts = der.inside(der.one(encoded, der.SEQUENCE, "certificate"), "certificate")

    assert b"".join(part.encoded for part in parts) == parts[0].encoded + b"".join(
        part.encoded for part in parts[1:]
    )
    assert der.oid(der.inside(parts[1], "algorithm")[0]) == "1.2.840.10045.4.3.2"
    for text in ("1.2.840.113549.1.9.16.2.47", "2.16.840.1.101.3.4.2.1", "0.4.0", "2.999.3"):
        assert der.oid(der.one(made.oid(text), der.OID, "oid")) == text


def test_a_root_that_is_none_says_why() -> None:
    good = INSTANCE.trusted_root()
    bad = copy.deepcopy(good)
    bad["certificateAuthorities"][0]["certChain"]["certificates"].reverse()
    for said, data in (
        ("no JSON", b"{"),
        ("media type", b"{}"),
        ("media type", json.dumps({**good, "mediaType": "x"}).encode()),
        ("was not issued by", json.dumps(bad).encode()),
        ("is empty", json.dumps({**good, "timestampAuthorities": [{"certChain": {}}]}).encode()),
        ("no list", json.dumps({**good, "tlogs": {}}).encode()),
        ("no time", json.dumps({**good, "tlogs": [{"publicKey": {
            "rawBytes": good["tlogs"][0]["publicKey"]["rawBytes"],
            "validFor": {"start": "yesterday"}}, "logId": {"keyId": "eA=="}}]}).encode()),
        ("more than 100", json.dumps({**good, "ctlogs": [{}] * 101}).encode()),
    ):  # fmt: skip
        with pytest.raises(InputError) as error:
            roots.read(data)
        assert said in error.value.what


@pytest.mark.parametrize("version", ["+json;version=0.1", "+json;version=0.2", ".v0.2+json"])
def test_media_types_of_a_root(version: str) -> None:
    media = f"application/vnd.dev.sigstore.trustedroot{version}"
    assert len(root(mediaType=media).logs) == 2


def test_keys_that_are_too_small_or_odd_are_refused() -> None:
    small = rsa.generate_private_key(65537, 1024)
    with pytest.raises(TrustError, match="nobody may sign with"):
        public_key.check(small.public_key(), b"x", b"y", whose="its")


# Sigstore's conformance suite; it is no part of this project.

SUITE = SHARED / "vectors/sigstore/bundle-verify" if SHARED else Path()
VECTORS = sorted(path.name for path in SUITE.iterdir() if path.is_dir()) if SHARED else []
ISSUER = "https://token.actions.githubusercontent.com"


@needs_shared
@pytest.mark.parametrize("name", VECTORS)
def test_conformance(name: str) -> None:
    folder = SUITE / name

    def verify() -> sigstore.Proven:
        own = folder / "trusted_root.json"
        trusted = roots.read(own.read_bytes() if own.exists() else TRUSTED_ROOT)
        key = folder / "key.pub"
        named = public_key.load(key.read_bytes()) if key.exists() else None
        artifact = folder / "artifact"
        data = (artifact if artifact.exists() else SUITE / "a.txt").read_bytes()
        bundle = sigstore_bundle.read(json.loads((folder / "bundle.sigstore.json").read_bytes()))
        return sigstore.prove(bundle, trusted, artifact=data, key=named)

    if name.endswith("_fail"):
        with pytest.raises(TrustError) as error:
            verify()
        assert "stands in no log that is trusted" not in error.value.what
    else:
        assert verify().times


@needs_shared
def test_a_real_signature_as_pypi_would_keep_it() -> None:
    text = (SUITE / "happy-path-intoto-in-dsse-v3/bundle.sigstore.json").read_text()
    bundle = json.loads(text)
    material = bundle["verificationMaterial"]
    item = {
        "version": 1,
        "verification_material": {
            "certificate": material["certificate"]["rawBytes"],
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {
            "statement": bundle["dsseEnvelope"]["payload"],
            "signature": bundle["dsseEnvelope"]["signatures"][0]["sig"],
        },
    }
    proven = sigstore.prove(sigstore_bundle.pep740(item), roots.read(TRUSTED_ROOT))

    assert proven.authority == "https://fulcio.sigstore.dev"


@needs_shared
def test_no_changed_bit_of_a_real_bundle_holds() -> None:
    """Every byte that was signed, and each part of the log's entry, is held against another."""
    trusted = roots.read(TRUSTED_ROOT)
    text = (SUITE / "happy-path-intoto-in-dsse-v3/bundle.sigstore.json").read_text()
    good = json.loads(text)
    entry = good["verificationMaterial"]["tlogEntries"][0]
    parts = [
        (*ENTRY, "canonicalizedBody"), (*ENTRY, "inclusionPromise", "signedEntryTimestamp"),
        ("dsseEnvelope", "payload"), ("dsseEnvelope", "signatures", 0, "sig"),
        ("verificationMaterial", "certificate", "rawBytes"), proof("rootHash"),
        *((*proof("hashes"), n) for n in range(len(entry["inclusionProof"]["hashes"]))),
    ]  # fmt: skip
    assert prove(good, trusted).times
    for path in parts:
        value: Any = good
        for step in path:
            value = value[step]
        data = bytearray(b64decode(value))
        for at in range(0, len(data), max(1, len(data) // 5)):
            data[at] ^= 1
            with pytest.raises(TrustError):
                prove(changed(good, *path, to=b64(bytes(data))), trusted)
            data[at] ^= 1


# Anything at all is taken or refused, and nothing is taken that is not as it was made.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS = st.sampled_from([
    ("mediaType",), ("verificationMaterial",), ("dsseEnvelope",), ("messageSignature",),
    ("verificationMaterial", "certificate"), ("verificationMaterial", "tlogEntries"),
    ("verificationMaterial", "timestampVerificationData"), ENTRY, (*ENTRY, "logId"),
    (*ENTRY, "logIndex"), (*ENTRY, "kindVersion"), (*ENTRY, "integratedTime"),
    (*ENTRY, "inclusionPromise"), (*ENTRY, "inclusionProof"), (*ENTRY, "canonicalizedBody"),
    proof("hashes"), proof("treeSize"), proof("checkpoint"), (*proof("checkpoint"), "envelope"),
    ("dsseEnvelope", "signatures"), ("dsseEnvelope", "payloadType"),
])  # fmt: skip


@given(PATHS, JSON)
def test_any_bundle_is_refused_or_right(path: tuple[Any, ...], value: Any) -> None:
    try:
        prove(changed(GOOD, *path, to=value) if value is not None else GOOD)
    except TrustError:
        return
    # What says nothing wrong may be left out: timestamps, beside the log's time.
    assert path[-1] == "timestampVerificationData" or value is None


@given(st.binary(max_size=200))
def test_any_certificate_is_refused(data: bytes) -> None:
    whole = b64decode(GOOD["verificationMaterial"]["certificate"]["rawBytes"])
    for made_up in (data, whole[: len(data)] + data + whole[2 * len(data) :]):
        if made_up == whole or not made_up:
            continue
        with pytest.raises(TrustError):
            prove(
                changed(GOOD, "verificationMaterial", "certificate", to={"rawBytes": b64(made_up)})
            )


CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=3)


@given(CHANGES)
@settings(max_examples=300)
def test_what_is_changed_here_and_there_is_refused_or_right(changes: list[tuple[int, int]]) -> None:
    """Parsers of certificates fail in many ways, some of them only when asked for a part."""
    whole = bytearray(made.der(INSTANCE.certificate(LEAF_KEY)))
    response, key = bytearray(stamp()), bytearray(made.spki(INSTANCE.log))
    for at, byte in changes:
        for data in (whole, response, key):
            data[at % len(data)] = byte
    for read in (
        lambda: _read_all(bytes(whole)),
        lambda: timestamp.verify(bytes(response), STAMPED, ROOT.timestamps),
        lambda: public_key.check(public_key.load(bytes(key)), b"x" * 70, b"y", whose="its"),
    ):
        with contextlib.suppress(TrustError):
            read()


def _read_all(data: bytes) -> None:
    certificate = certificates.load(data, "")
    with contextlib.suppress(TrustError):
        attestation.signer(certificate, attestation.Attested("x", ()))
    with contextlib.suppress(TrustError):
        certificates.logged(certificate, ROOT.issuers[0].chain[0], ROOT.certificate_logs)
    certificates.valid(certificate, ROOT.issuers[0].chain, 0, certificates.CODE_SIGNING)


LEAF_KEY = ec.generate_private_key(ec.SECP256R1())
SCT = next(
    extension
    for extension in INSTANCE.certificate(LEAF_KEY).extensions
    if extension.oid.dotted_string == "1.3.6.1.4.1.11129.2.4.2"
).value.public_bytes()


@given(st.binary(max_size=12), st.integers(0, len(SCT)))
def test_any_promise_of_a_log_of_certificates_is_refused_or_right(data: bytes, at: int) -> None:
    """The authority signs whatever bytes stand where the log's promise should."""
    for value in (data, SCT[:at] + data + SCT[at + len(data) :]):
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
        extra = ((x509.UnrecognizedExtension(oid, value), False),)
        certificate = INSTANCE.certificate(LEAF_KEY, sct="none", extra=extra)
        loaded = x509.load_der_x509_certificate(made.der(certificate))
        authority = ROOT.issuers[0].chain[0]
        try:
            certificates.logged(
                certificates.load(made.der(loaded), ""), authority, ROOT.certificate_logs
            )
        except TrustError:
            continue
        assert value == SCT or value[:-80] == SCT[:-80]


@given(st.binary(max_size=60), st.integers(0, 2000))
def test_any_timestamp_is_refused_or_right(data: bytes, at: int) -> None:
    whole = stamp()
    mixed = whole[:at] + data + whole[at + len(data) :]
    for response in (data, mixed):
        try:
            when = timestamp.verify(response, STAMPED, ROOT.timestamps)
        except TrustError:
            continue
        assert when == MINUTE.timestamp()


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_root_is_refused_or_right(data: bytes) -> None:
    with pytest.raises(KetenError):
        roots.read(data)


@given(st.sampled_from(["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"]), JSON)
def test_any_part_of_a_root_is_refused_or_right(key: str, value: Any) -> None:
    for changed_root in ({key: value}, {key: [value]}):
        try:
            root(**changed_root)
        except InputError as error:
            assert error.what  # noqa: PT017 either way is right


def test_a_bundle_of_many_parts_is_refused_at_once() -> None:
    many = [GOOD["verificationMaterial"]["tlogEntries"][0]] * 33
    with pytest.raises(TrustError, match="more than 32 entries"):
        sigstore_bundle.read(changed(GOOD, "verificationMaterial", "tlogEntries", to=many))
    with pytest.raises(TrustError, match="more than 64 hashes"):
        sigstore_bundle.read(changed(GOOD, *proof("hashes"), to=["eA=="] * 65))
    with pytest.raises(TrustError, match="larger than 4,194,304 bytes"):
        sigstore_bundle.read(changed(GOOD, *ENTRY, "canonicalizedBody", to="A" * (9 << 20)))
    for number in ("9" * 5000, "٣", -1, 1e300, True):
        with pytest.raises(TrustError):
            sigstore_bundle.read(changed(GOOD, *ENTRY, "logIndex", to=number))
