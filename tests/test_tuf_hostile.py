"""TUF metadata that means harm ends in few steps and little memory, with a plain refusal.

Each bomb is signed as it must be to get as far as it can: with the keys of the publisher, or
without where a stranger could have sent it.
"""

import base64
import json
import tempfile
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from advisory_data import folder, record, span
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from growing import linear, works
from tuf_repository import NOW, Repository, key

from keten.advisories import imports, pull
from keten.advisories.database import Database
from keten.errors import CeilingError, InputError, NetworkError, TrustError
from keten.formats import tuf
from keten.trust import tuf_signing
from keten.trust.tuf import Trusted

BYTES = 128 << 20
LARGE = 4 << 20
"""As much as any of the roles may have."""
ROOT = "metadata/1.root.json"
Signed = dict[str, Any]


def standing(tmp_path: Path) -> Repository:
    """Return a repository of one advisory."""
    made = [record("R-1", "p1", *span("1.0"))]
    imports.run(
        [folder(tmp_path / "r", *made)], tmp_path / "a.db", imports.Claim(complete=("PyPI",))
    )
    with Database(tmp_path / "a.db") as opened:
        return Repository(tmp_path / "a.db", opened.content)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return standing(tmp_path)


def bounded(work: Callable[[], object], most: int = BYTES) -> None:
    """Do *work* and hold it to its memory, whatever comes of it."""
    tracemalloc.start()
    try:
        work()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < most


def signed(repository: Repository, path: str, change: Callable[[Signed], None]) -> bytes:
    """Return the metadata at *path* changed, and signed by its publisher."""
    body = deepcopy(json.loads(repository.files[path])["signed"])
    change(body)
    return tuf_signing.sign(body, repository.keys[body["_type"]])


def refused(work: Callable[[], object], *errors: type[Exception]) -> str:
    with pytest.raises(errors or (InputError, TrustError)) as caught:
        bounded(work)
    return str(caught.value)


def long_key(name: str) -> Signed:
    return {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": name}}


def _keys(count: int, root: Signed) -> None:
    root["keys"].update({f"{n:x}": long_key("00") for n in range(count)})


def _names(count: int, root: Signed) -> None:
    root["roles"]["timestamp"]["keyids"] *= count


def _roles(count: int, root: Signed) -> None:
    some = root["roles"]["root"]
    root["roles"].update({f"r{n}": some for n in range(count)})


def _targets(count: int, targets: Signed) -> None:
    targets["targets"].update(
        {f"t{n}": {"length": 1, "hashes": {"sha256": ""}} for n in range(count)}
    )


def test_a_hundred_thousand_keys(repository: Repository) -> None:
    data = signed(repository, ROOT, partial(_keys, 40_000))
    assert len(data) < tuf.MAX_METADATA
    assert "keys" in refused(lambda: Trusted(data, NOW), CeilingError)


def test_a_hundred_thousand_keys_of_a_role(repository: Repository) -> None:
    data = signed(repository, ROOT, partial(_names, 50_000))
    assert "keys" in refused(lambda: Trusted(data, NOW), CeilingError)


def test_roles_that_nobody_asked_for(repository: Repository) -> None:
    """Further roles of a root, and the delegations of targets, are signed for and not followed."""
    data = signed(repository, ROOT, partial(_roles, 5_000))
    bounded(lambda: Trusted(data, NOW), BYTES // 4)
    trusted = Trusted(data, NOW)

    def delegations(targets: Signed) -> None:
        role = {"keyids": ["a"], "threshold": 1, "paths": ["*"], "terminating": False}
        named = [{"name": f"d{n}", **role} for n in range(5_000)]
        targets["delegations"] = {"keys": {}, "roles": named}

    repository.change["targets"] = delegations
    repository.sign()
    trusted.stamp(repository.files["metadata/timestamp.json"])
    trusted.snap(repository.files["metadata/2.snapshot.json"])
    bounded(lambda: trusted.aim(repository.files["metadata/2.targets.json"]), BYTES // 4)
    assert trusted.targets is not None
    assert set(trusted.targets.targets) == {pull.FULL}


@pytest.mark.parametrize("length", [100_000, 2_000_000])
def test_long_key_ids(repository: Repository, length: int) -> None:
    def change(root: Signed) -> None:
        root["keys"]["k" * length] = long_key("00")
        root["roles"]["root"]["keyids"].append("k" * length)

    whole = json.loads(signed(repository, ROOT, change))
    whole["signatures"] += [{"keyid": "k" * 10_000 + str(n), "sig": "00"} for n in range(50)]
    bounded(lambda: Trusted(json.dumps(whole).encode(), NOW))


def test_long_public_keys(repository: Repository) -> None:
    """A key of megabytes is no key: nobody parses it."""

    def change(root: Signed) -> None:
        text = base64.b64encode(bytes(3 << 20)).decode()
        pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
        keyval = {"public": pem}
        root["keys"]["a"] = {
            "keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": keyval,
        }  # fmt: skip
        root["roles"]["root"]["keyids"] = ["a"]

    whole = json.loads(signed(repository, ROOT, change))
    whole["signatures"] = [{"keyid": "a", "sig": "00" * 256}]
    assert "0 valid" in refused(lambda: Trusted(json.dumps(whole).encode(), NOW), TrustError)


def test_signatures_over_and_over(repository: Repository) -> None:
    """A stranger repeats one good signature of a large file: it is hashed once, and refused."""
    trusted = Trusted(repository.files[ROOT], NOW)
    whole = json.loads(
        signed(repository, "metadata/timestamp.json", lambda b: b.update(x="y" * LARGE))
    )
    for count, error in ((tuf.MAX_SIGNATURES, InputError), (50_000, CeilingError)):
        data = json.dumps({**whole, "signatures": whole["signatures"] * count}).encode()
        if len(data) <= tuf.MAX_METADATA:
            assert "signatures" in refused(partial(trusted.stamp, data), error)


def test_many_keys_each_with_a_bad_signature(repository: Repository) -> None:
    """As many keys as a file may have signatures, each over all that a file may hold."""
    own, _ = tuf_signing.public(repository.keys["root"][0])
    others = dict(tuf_signing.public(key())
                  for _ in range(tuf.MAX_SIGNATURES - 1))  # fmt: skip

    def change(root: Signed) -> None:
        root["keys"].update(others)
        root["roles"]["root"]["keyids"] = [*others, own]
        root["x"] = "y" * (LARGE // 2)

    whole = json.loads(signed(repository, ROOT, change))
    whole["signatures"] += [{"keyid": name, "sig": "00" * 64} for name in others]
    bounded(lambda: Trusted(json.dumps(whole).encode(), NOW))


@pytest.mark.parametrize(("bits", "exponent"), [(16384, 65537), (2048, (1 << 2040) + 1)])
def test_dear_rsa_keys(repository: Repository, bits: int, exponent: int) -> None:
    """Keys that take OpenSSL long to verify with do not count."""
    modulus = (1 << (bits - 1)) + (1 << 64) + 1
    numbers = rsa.RSAPublicNumbers(exponent, modulus)
    try:
        pem = numbers.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except ValueError:
        pytest.skip("this OpenSSL makes no such key")

    def change(root: Signed) -> None:
        for n in range(tuf.MAX_SIGNATURES):
            keyval = {"public": pem.decode() + " " * n}
            dear = {"keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": keyval}
            root["keys"][f"k{n}"] = dear
        root["roles"]["root"]["keyids"] = [f"k{n}" for n in range(tuf.MAX_SIGNATURES)]

    whole = json.loads(signed(repository, ROOT, change))
    raw = "7f" * (bits // 8)
    whole["signatures"] = [{"keyid": f"k{n}", "sig": raw} for n in range(tuf.MAX_SIGNATURES)]
    assert "0 valid" in refused(lambda: Trusted(json.dumps(whole).encode(), NOW), TrustError)


def _begun(data: bytes) -> None:
    with suppress(InputError, TrustError):
        Trusted(data, NOW)


BOMBS = works(_begun, {
    "open": (lambda n: b"[" * n, LARGE),
    "deep": (lambda n: b'{"signatures":[],"signed":' + b'{"a":' * n, 800_000),
    "wide": (
        lambda n: b'{"signatures":[],"signed":' + b"[" * 30 + b"0," * n + b"0" + b"]" * 30 + b"}",
        LARGE // 2,
    ),
    "digits": (lambda n: b'{"signatures":[],"signed":{"a":' + b"9" * n + b"}}", LARGE),
    "escapes": (lambda n: b'{"signatures":[],"signed":{"a":"' + b"\\\\" * n + b'"}}', LARGE // 2),
    "signatures": (
        lambda n: b'{"signed":{},"signatures":[' + b'{"keyid":"","sig":""},' * n + b"{}]}", 180_000,
    ),
    "fields": (
        lambda n: b'{"signatures":[],"signed":{"":0' + b"".join(b',"%d":0' % i for i in range(n)),
        400_000,
    ),
})  # fmt: skip


@cache
def _first() -> Repository:
    with tempfile.TemporaryDirectory() as folder:
        return standing(Path(folder))


def _root(change: Callable[[int, Signed], None]) -> Callable[[int], bytes]:
    return lambda count: signed(_first(), ROOT, partial(change, count))


HOSTILE = BOMBS | works(_begun, {
    "keys": (_root(_keys), 40_000),
    "keys of a role": (_root(_names), 50_000),
    "roles": (_root(_roles), 20_000),
})  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_json_bombs(repository: Repository, name: str) -> None:
    text = BOMBS[name].make(BOMBS[name].size)
    trusted = Trusted(repository.files[ROOT], NOW)
    refused(lambda: trusted.stamp(text))
    refused(lambda: Trusted(text, NOW))


@pytest.mark.parametrize("name", HOSTILE)
def test_roots_take_steps_by_their_size(name: str) -> None:
    linear(HOSTILE[name])


def test_very_many_targets(repository: Repository) -> None:
    repository.change["targets"] = partial(_targets, 15_000)
    repository.sign()
    trusted = Trusted(repository.files[ROOT], NOW)
    trusted.stamp(repository.files["metadata/timestamp.json"])
    trusted.snap(repository.files["metadata/2.snapshot.json"])
    bounded(lambda: trusted.aim(repository.files["metadata/2.targets.json"]), BYTES // 4)


def _set(field: str, text: str, body: Signed) -> None:
    body[field] = text


@pytest.mark.parametrize("text", ["9" * 1_000_000, "2026-11-23T" + "0" * 1_000_000, " " * LARGE])
def test_times_and_versions_that_are_long(repository: Repository, text: str) -> None:
    trusted = Trusted(repository.files[ROOT], NOW)
    for field in ("expires", "spec_version"):
        data = signed(repository, "metadata/timestamp.json", partial(_set, field, text))
        assert len(refused(partial(trusted.stamp, data))) < 1000


def test_a_chain_of_roots_without_end(repository: Repository, tmp_path: Path) -> None:
    """An origin that always has one more root is left after so many."""
    first = repository.files[ROOT]
    for _ in range(pull.MAX_ROOTS):
        repository.root()
    database = tmp_path / "pulled.db"
    said = refused(
        lambda: pull.pull(repository, database, root=first, now=NOW),
        CeilingError, NetworkError,
    )  # fmt: skip
    assert "roots" in said
    assert not database.exists()
