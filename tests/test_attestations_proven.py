"""Attestations of packages under keten.toml: trusted root, npm's keys, publishers."""

import json
from base64 import b64decode
from datetime import date, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from folder_scan import scan
from hypothesis import given
from hypothesis import strategies as st
from sigstore_instance import IDENTITY, ISSUER, NOW, REPOSITORY, Instance, b64, sign, spki

from keten.config import Policy, parse
from keten.derive import attested
from keten.errors import InputError, TrustError, UsageError
from keten.graph.store import merge
from keten.model.facts import Facts, Trust
from keten.model.needs import NEEDS
from keten.pipeline import attestations
from keten.testing.examples import facts_of
from keten.trust import npm_keys
from keten.trust.attestation import PUBLISHED

CHECK = "dependencies/broken-attestation"
INSTANCE = Instance()
NPM = ec.generate_private_key(ec.SECP256R1())
KEY_ID = f"SHA256:{b64(sha256(spki(NPM)).digest()).rstrip('=')}"
WHEEL, TARBALL = b"PK: the bytes of a wheel", b"the bytes of a tarball"
FILE = "shop_app-1.0-py3-none-any.whl"
PURL = "pkg:npm/%40shop/cart@1.0.0"
INTEGRITY = f"sha512-{b64(sha512(TARBALL).digest())}"
ROOT = '[attestations]\ntrusted-root = "trusted_root.json"\n'
KEYS = 'npm-keys = "npm-keys.json"\n'
PYPI = f"""
[[attestations.publisher]]
ecosystem = "pypi"
names = ["shop-*"]
issuer = "{ISSUER}"
identity = "{REPOSITORY}/.github/workflows/release.yml@*"
"""
NPM_PUBLISHER = f"""
[[attestations.publisher]]
ecosystem = "npm"
names = ["@shop/*"]
issuer = "{ISSUER}"
repository = "{REPOSITORY.upper()}.git"
"""


def statement(subject: str, kind: str = "https://publish.example/v1", **predicate: str) -> bytes:
    algorithm, digest = (
        ("sha512", sha512(TARBALL).hexdigest())
        if subject.startswith("pkg:")
        else ("sha256", sha256(WHEEL).hexdigest())
    )
    return json.dumps({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": subject, "digest": {algorithm: digest}}],
        "predicateType": kind,
        "predicate": predicate or None,
    }).encode()  # fmt: skip


def pep740(bundle: dict[str, Any]) -> dict[str, Any]:
    material = bundle["verificationMaterial"]
    return {
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


def published(name: str = "@shop/cart", version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    payload = statement(PURL, PUBLISHED, name=name, version=version)
    return INSTANCE.bundle(payload, kind="intoto", key=more.pop("key", NPM), hint=KEY_ID, **more)


def npm(*bundles: dict[str, Any]) -> bytes:
    return json.dumps(
        {"attestations": [{"predicateType": "x", "bundle": b} for b in bundles]}
    ).encode()


def keys(expires: str | None = None) -> bytes:
    key = {
        "expires": expires, "keyid": KEY_ID, "keytype": "ecdsa-sha2-nistp256",
        "scheme": "ecdsa-sha2-nistp256", "key": b64(spki(NPM)),
    }  # fmt: skip
    return json.dumps({"keys": [key]}).encode()


def packument(integrity: str = INTEGRITY, **more: Any) -> bytes:
    """Return the document of a package; what is signed is the tarball's own hash."""
    said = f"@shop/cart@1.0.0:{INTEGRITY}"
    one = {"keyid": KEY_ID, "sig": b64(sign(NPM, said.encode()))}
    version = {
        "name": "@shop/cart", "version": "1.0.0",
        "dist": {"integrity": integrity, "signatures": [one]},
    }  # fmt: skip
    return json.dumps({"versions": {"1.0.0": version}, **more}).encode()


def lock(integrity: str = INTEGRITY) -> bytes:
    entry = {
        "version": "1.0.0", "integrity": integrity,
        "resolved": "https://registry.npmjs.org/@shop/cart/-/cart-1.0.0.tgz",
    }  # fmt: skip
    packages = {"": {"name": "app"}, "node_modules/@shop/cart": entry}
    return json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages}).encode()


def facts(files: dict[str, bytes], policy: str, at: Path) -> Facts:
    """Return what is read, with what keten.toml makes of it."""
    (at / "trusted_root.json").write_text(json.dumps(INSTANCE.trusted_root()))
    if not (at / "npm-keys.json").exists():
        (at / "npm-keys.json").write_bytes(keys())
    read = facts_of(files)
    said = Policy(parse(policy.encode()), "keten.toml", "", at)
    return merge([read, attestations.proven(read, said)])


def verdict(files: dict[str, bytes], policy: str, at: Path) -> str:
    """Return PASS, the need that is not met, or the messages of a whole scan."""
    facts({}, policy, at)
    for name, data in files.items():
        (at / name).write_bytes(data)
    said = Policy(parse(policy.encode()), "keten.toml", "", at)
    result = scan(at, said, database=None, now=date(2026, 11, 23), progress=lambda *_: None)
    found = [f.message for f in result.findings if f.check == CHECK]
    lacking = [
        need
        for item in result.unknown
        if CHECK in item.checks
        for need in ("issuer", "publisher")
        if NEEDS[need].what in item.why
    ]
    return "; ".join([*found, *lacking]) or "PASS"


WHEEL_FILES = {
    FILE: WHEEL,
    f"{FILE}.publish.attestation": json.dumps(pep740(INSTANCE.bundle(statement(FILE)))).encode(),
}


def test_pypi(tmp_path: Path) -> None:
    assert verdict(WHEEL_FILES, "", tmp_path) == "issuer"
    assert verdict(WHEEL_FILES, ROOT, tmp_path) == "publisher"
    assert verdict(WHEEL_FILES, PYPI, tmp_path) == "issuer"
    assert verdict(WHEEL_FILES, ROOT + PYPI, tmp_path) == "PASS"


def test_pypi_signed_by_another(tmp_path: Path) -> None:
    other = PYPI.replace("webshop", "someone")
    said = verdict(WHEEL_FILES, ROOT + other, tmp_path)

    assert f"shop-app: signed by {IDENTITY}, not https://github.com/someone" in said
    vouched = PYPI.replace(ISSUER, "https://accounts.example")
    assert "vouches for it, not https://accounts.example" in verdict(
        WHEEL_FILES, ROOT + vouched, tmp_path
    )


def test_pypi_of_an_instance_that_nobody_trusts(tmp_path: Path) -> None:
    bundle = Instance().bundle(statement(FILE))
    files = {**WHEEL_FILES, f"{FILE}.publish.attestation": json.dumps(pep740(bundle)).encode()}

    assert "stands in no log that is trusted" in verdict(files, ROOT + PYPI, tmp_path)


def test_pypi_without_a_log(tmp_path: Path) -> None:
    item = pep740(INSTANCE.bundle(statement(FILE)))
    item["verification_material"]["transparency_entries"] = []
    files = {**WHEEL_FILES, f"{FILE}.publish.attestation": json.dumps(item).encode()}

    assert "stands in no transparency log" in verdict(files, ROOT + PYPI, tmp_path)


@pytest.mark.parametrize(
    ("publisher", "fault"),
    [
        ({"kind": "GitHub", "repository": "WebShop/shop"}, ""),
        (
            {"kind": "GitHub", "repository": "someone/shop"},
            "the index says that https://github.com",
        ),
        (
            {"kind": "GitLab", "repository": "webshop/shop"},
            "the index says that https://gitlab.com",
        ),
        ({"kind": "Google", "email": "a@example.org"}, ""),
        ("GitHub", ""),
    ],
)
def test_the_publisher_that_the_index_names(publisher: Any, fault: str) -> None:
    group = {"publisher": publisher, "attestations": [pep740(INSTANCE.bundle(statement(FILE)))]}
    document = {"version": 1, "attestation_bundles": [group]}
    (node,) = facts_of({f"{FILE}.provenance": json.dumps(document).encode()}).nodes

    assert node.fault.startswith(fault)
    assert bool(node.fault) == bool(fault)


def test_npm_provenance(tmp_path: Path) -> None:
    files = {
        "attestations.json": npm(INSTANCE.bundle(statement(PURL), kind="intoto", version="0.2")),
        "package-lock.json": lock(),
    }
    assert verdict(files, ROOT, tmp_path) == "publisher"
    assert verdict(files, ROOT + NPM_PUBLISHER, tmp_path) == "PASS"
    told = facts(files, ROOT + NPM_PUBLISHER, tmp_path)
    assert [(e.relation, e.trust) for e in told.edges if e.by == "derive/attested"] == [
        ("attests", Trust.VERIFIED), ("signed-by", Trust.VERIFIED),
    ]  # fmt: skip
    root = f"sha256:{sha256((tmp_path / 'trusted_root.json').read_bytes()).hexdigest()}"
    assert [e.evidence for e in told.edges if e.relation == "signed-by"] == [root]
    files["package-lock.json"] = lock(f"sha512-{b64(sha512(b'another').digest())}")
    assert "with another hash than package-lock.json locks" in verdict(
        files, ROOT + NPM_PUBLISHER, tmp_path
    )


def test_npm_signed_with_the_key_of_the_registry(tmp_path: Path) -> None:
    files = {"attestations.json": npm(published())}

    assert verdict(files, ROOT, tmp_path) == "issuer"
    assert verdict(files, f"[attestations]\n{KEYS}", tmp_path) == "PASS"
    assert verdict(files, ROOT + KEYS, tmp_path) == "PASS"
    (tmp_path / "npm-keys.json").write_bytes(keys("2027-01-01T00:00:00.000Z"))
    assert verdict(files, f"[attestations]\n{KEYS}", tmp_path) == "issuer"
    assert verdict(files, ROOT + KEYS, tmp_path) == "PASS"
    (tmp_path / "npm-keys.json").write_bytes(keys("2026-01-01T00:00:00.000Z"))
    assert "was not in use when it signed" in verdict(files, ROOT + KEYS, tmp_path)


def test_npm_signed_with_another_key(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    stolen = {"attestations.json": npm(published(key=other))}
    assert "not one of the registry's key" in verdict(stolen, ROOT + KEYS, tmp_path)
    unlogged = published()
    unlogged["verificationMaterial"]["tlogEntries"] = []
    said = verdict({"attestations.json": npm(unlogged)}, ROOT + KEYS, tmp_path)
    assert "stands in no transparency log" in said
    unknown = published()
    unknown["verificationMaterial"]["publicKey"]["hint"] = "SHA256:other"
    said = verdict({"attestations.json": npm(unknown)}, ROOT + KEYS, tmp_path)
    assert "is not known to have the key it is signed with, SHA256:other" in said


def test_npm_published_another_package() -> None:
    (node,) = facts_of({"attestations.json": npm(published("@shop/other"))}).nodes

    assert "says that pkg:npm/%40shop/other@1.0.0 was published" in node.fault


def test_signatures_in_a_packument(tmp_path: Path) -> None:
    policy = f"[attestations]\n{KEYS}"
    files = {"packument.json": packument(), "package-lock.json": lock()}

    assert verdict(files, "", tmp_path) == "issuer"
    assert verdict(files, policy, tmp_path) == "PASS"
    files["package-lock.json"] = lock(f"sha512-{b64(sha512(b'another').digest())}")
    assert "with another hash than package-lock.json locks" in verdict(files, policy, tmp_path)
    files["package-lock.json"] = lock()
    files["packument.json"] = packument(f"sha512-{b64(sha512(b'another').digest())}")
    assert "not one of the registry's key" in verdict(files, policy, tmp_path)
    (tmp_path / "npm-keys.json").write_bytes(keys("2026-01-01T00:00:00.000Z"))
    files["packument.json"] = packument()
    assert verdict(files, policy, tmp_path) == "issuer"
    files["packument.json"] = packument(time={"1.0.0": "2025-05-05T00:00:00.000Z"})
    assert verdict(files, policy, tmp_path) == "PASS"
    files["packument.json"] = packument(time={"1.0.0": "2026-05-05T00:00:00.000Z"})
    assert "was not in use" in verdict(files, policy, tmp_path)
    files["packument.json"] = packument(time={"1.0.0": "yesterday"})
    assert "is no time" in verdict(files, policy, tmp_path)


# Two versions as the public registry signed them, and the key of then.
REAL_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp"
    "+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="
)
REAL = {
    "venv@0.1.0": (
        "sha512-RMdeiD0OJC+S2w4931iqdi5MB9xe2T/lXZbRrHxbsmQrSA+FwhPk2bIqIwbNDCmThPgNw841Q272O6EFSYhBjQ==",
        "MEUCICKQJCEvvV3HdhCSj3TwH9qqIWLwc0GR1m/NED/s1bPIAiEAvkTmhIDIrD4MZoI2g27+HsuxoFJhC/evORT6T2UUwSc=",
    ),
    "tool5@5.0.1": (
        "sha512-gPClNFHEACDPrNPIY9nQ5CtgNzXLek1VKLkenI/RRKrrWSSyIVte0HloLzyQJFW0bXgFnv5TgtcUM+xHE7B6/w==",
        "MEYCIQDhX2SZFZyV3rBaQp/tH0NRk1YWw6rF2KrietBA6xDIFQIhANJcAYMSl+mvNefhpxjyApSUK/CXFEnCeUSEQf113OPI",
    ),
}


@pytest.mark.parametrize("package", sorted(REAL))
def test_what_the_public_registry_signed(package: str) -> None:
    name, _, version = package.partition("@")
    integrity, signature = REAL[package]
    target = {
        "keyId": "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
        "keyUsage": "npm:signatures",
        "publicKey": {"rawBytes": REAL_KEY, "validFor": {"start": "1999-01-01T00:00:00.000Z"}},
    }
    listed = npm_keys.read(json.dumps({"keys": [target]}).encode())
    (key,) = npm_keys.find(listed, target["keyId"], "npm:signatures")  # type: ignore[arg-type]

    npm_keys.package(name, version, integrity, signature=b64decode(signature), key=key.key)
    with pytest.raises(TrustError):
        npm_keys.package(name, "9.9.9", integrity, signature=b64decode(signature), key=key.key)
    with pytest.raises(TrustError):
        npm_keys.find(listed, key.id, "npm:attestations")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('[attestations]\ntrusted-root = "gone.json"', "attestations.trusted-root: .*gone.json"),
        ('[attestations]\nnpm-keys = "trusted_root.json"', "holds no keys of an npm registry"),
        (
            '[attestations]\ntrusted-root = "npm-keys.json"',
            "no trusted root: it has the media type",
        ),
    ],
)
def test_files_that_are_none(policy: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        facts(WHEEL_FILES, policy, tmp_path)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (PYPI.replace('"pypi"', '"pypy"'), "ecosystem 'pypy'; did you mean 'pypi'"),
        (PYPI.replace('names = ["shop-*"]', "names = []"), "needs names, an issuer"),
        (PYPI.partition("identity")[0], "an identity or a repository"),
        ("[attestations]\ntrust-root = 'x'", "did you mean 'trusted-root'"),
    ],
)
def test_policies_that_are_none(policy: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(policy.encode())


def test_every_package_that_is_attested_needs_its_publisher(tmp_path: Path) -> None:
    def told(*names: str) -> tuple[bool, bool]:
        document = json.loads(statement(names[0]))
        document["subject"] += [{**document["subject"][0], "name": name} for name in names[1:]]
        bundle = INSTANCE.bundle(json.dumps(document).encode())
        files = {"x.slsa.attestation": json.dumps(pep740(bundle)).encode()}
        found = facts(
            files, ROOT + PYPI + PYPI.replace("shop-*", "z*").replace("web", ""), tmp_path
        )
        named = any(item.need == "publisher" for item in found.looked)
        return named, any(edge.relation == "misattributed-by" for edge in found.edges)

    assert told("shop_a-1.tar.gz", "shop_b-1.tar.gz") == (True, False)
    assert told("a-1.tar.gz", "shop_b-1.tar.gz") == (False, False)
    assert told("shop_b-1.tar.gz", "y-1.tar.gz") == (False, False)
    assert told("a-1.tar.gz", "shop_b-1.tar.gz", "z-1.tar.gz") == (True, True)


def test_nothing_is_read_where_there_are_no_attestations(tmp_path: Path) -> None:
    said = Policy(parse(b'[attestations]\ntrusted-root = "gone.json"'), "keten.toml", "", tmp_path)

    assert attestations.proven(facts_of({"package-lock.json": lock()}), said) == Facts()


def test_names_of_files_are_names_of_projects(tmp_path: Path) -> None:
    names = {
        "shop_app-1.0-py3-none-any.whl": "shop-app", "Shop.App-1.0.tar.gz": "shop-app",
        "shop-app-1.0.zip": "shop-app", "shop": None,
    }  # fmt: skip
    for file, project in names.items():
        rule = PYPI.replace("shop-*", project or "*")
        bundle = INSTANCE.bundle(statement(file))
        document = {"x.slsa.attestation": json.dumps(pep740(bundle)).encode()}
        told = facts(document, ROOT + rule, tmp_path)
        assert any(item.need == "publisher" for item in told.looked) == (project is not None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
SIGNED = json.loads(packument())


@given(st.sampled_from(["name", "version", "dist", "signatures", "integrity", "time"]), JSON)
def test_any_packument_is_read(key: str, value: Any) -> None:
    document = json.loads(json.dumps(SIGNED))
    version = document["versions"]["1.0.0"]
    where = {"signatures": version["dist"], "integrity": version["dist"], "time": document}
    where.get(key, version)[key] = value
    read = facts_of({"packument.json": json.dumps(document).encode()})
    found = attested.derive(read, attested.Anchors(keys=npm_keys.read(keys())))
    same = key == "time" or json.loads(packument()) == document
    assert same or not any(e.relation == "signed-by" for e in found.edges)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_keys_are_refused_or_right(data: bytes) -> None:
    with pytest.raises(InputError):
        npm_keys.read(data)
    with pytest.raises(InputError):
        npm_keys.read(b'{"keys":[' + data + b"]}")


def test_time_of_the_log_is_the_time_that_counts(tmp_path: Path) -> None:
    late = INSTANCE.bundle(statement(FILE), when=NOW + timedelta(hours=1))
    files = {**WHEEL_FILES, f"{FILE}.publish.attestation": json.dumps(pep740(late)).encode()}

    assert "was not valid when it signed (2026-11-23T13:00:00Z)" in verdict(
        files, ROOT + PYPI, tmp_path
    )
