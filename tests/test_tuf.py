"""TUF metadata: bytes that are none are refused, and python-tuf and keten read each other."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from advisory_data import folder, record, span
from bucket_server import serve
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf_repository import NOW, Repository

from keten.advisories import imports, publish, pull
from keten.advisories.database import Database
from keten.advisories.origins import Folder, Web
from keten.advisories.packed import Packed, pack
from keten.advisories.pull import FULL
from keten.advisories.signing_keys import Keys, Plan
from keten.errors import CeilingError, InputError, TrustError
from keten.formats import tuf
from keten.transport.http import Client
from keten.trust.tuf import Trusted


def build(at: Path, *names: str) -> Path:
    made = [record(f"R-{name}", f"p{name}", *span("1.0")) for name in names]
    imports.run([folder(at / "r", *made)], at / "a.db", imports.Claim(complete=("PyPI",)))
    return at / "a.db"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    file = build(tmp_path_factory.mktemp("data"), "1")
    with Database(file) as opened:
        return Repository(file, opened.content)


def judge(repository: Repository, changed: dict[str, bytes]) -> None:
    """Judge all four roles, with some of them changed."""
    files = {**repository.files, **changed}
    trusted = Trusted(files["metadata/1.root.json"], NOW)
    trusted.settle()
    trusted.stamp(files["metadata/timestamp.json"])
    trusted.snap(files["metadata/1.snapshot.json"])
    trusted.aim(files["metadata/1.targets.json"])


PATHS = [
    "metadata/1.root.json",
    "metadata/timestamp.json",
    "metadata/1.snapshot.json",
    "metadata/1.targets.json",
]


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(PATHS), data=st.binary(max_size=200))
def test_any_bytes(repository: Repository, path: str, data: bytes) -> None:
    with pytest.raises((InputError, TrustError)):
        judge(repository, {path: data})


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(PATHS), data=st.data())
def test_mutated_metadata_never_counts_as_another(
    repository: Repository, path: str, data: st.DataObject
) -> None:
    real = bytearray(repository.files[path])
    for _ in range(data.draw(st.integers(1, 3))):
        real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
    try:
        judge(repository, {path: bytes(real)})
    except (InputError, TrustError):
        return
    # What still holds says the same: only white space or a name outside "signed" differs.
    assert json.loads(bytes(real))["signed"] == json.loads(repository.files[path])["signed"]


plain = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=9)
values: st.SearchStrategy[Any] = st.recursive(
    plain | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(role=st.sampled_from(["root", "timestamp"]), signed=values, field=st.text(max_size=9))
def test_any_json(repository: Repository, role: str, signed: Any, field: str) -> None:
    path = {"root": PATHS[0], "timestamp": PATHS[1]}[role]
    whole = json.loads(repository.files[path])
    name = sorted(whole["signed"])[len(field) % len(whole["signed"])]
    for changed in ({**whole["signed"], name: signed}, signed):
        if changed == whole["signed"]:
            continue
        text = json.dumps({**whole, "signed": changed}).encode("utf-8", "surrogatepass")
        with pytest.raises((InputError, TrustError)):
            judge(repository, {path: text})


def test_deep_and_large(repository: Repository) -> None:
    deep = b'{"signatures":[],"signed":{"_type":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    for data in (deep, b"[" * 1_000_000, b'{"signatures":[],"signed":{"version":' + b"9" * 99_999):
        with pytest.raises((InputError, TrustError)):
            judge(repository, {PATHS[1]: data})
    with pytest.raises(CeilingError):
        tuf.read(b" " * (tuf.MAX_METADATA + 1), "x")
    many = json.dumps({"signatures": [{"keyid": "a", "sig": "b"}] * 2000, "signed": {}}).encode()
    with pytest.raises(CeilingError):
        tuf.read(many, "x")


@given(values)
def test_canonical_json_is_read_back(value: Any) -> None:
    try:
        text = tuf.canonical(value)
    except InputError:
        return
    if all(ord(c) >= 32 for c in text.decode("utf-8", "surrogatepass")):
        try:
            assert msgspec.json.decode(text) == value
        except UnicodeDecodeError:
            return


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=2000))
def test_bytes_that_are_no_packed_bundle(data: bytes, tmp_path_factory: Any) -> None:
    file = tmp_path_factory.getbasetemp() / "x.tar"
    file.write_bytes(data)
    with pytest.raises(InputError):
        Packed(file)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_packed_bundles(data: st.DataObject, tmp_path_factory: Any) -> None:
    file = tmp_path_factory.getbasetemp() / "y.tar"
    pack({"metadata/1.root.json": b"root" * 300, "targets/x": b"data"}, file)
    real = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(real)
    try:
        found = Packed(file)
        found.read("metadata/1.root.json", 10_000)
    except InputError:
        return


# python-tuf as oracle


@pytest.fixture
def ngclient() -> Any:
    return pytest.importorskip("tuf.ngclient", reason="python-tuf is not here")


def publisher(at: Path) -> tuple[Keys, Path]:
    keys = Keys(at / "keys")
    now = datetime.now(UTC)
    keys.create(Plan(roots=2, threshold=2), now)
    publish.release(build(at / "1", "1"), keys, str(at / "www"), now=now)
    keys.rotate("targets", now)
    keys.rotate("timestamp", now)
    publish.release(build(at / "2", "1", "2"), keys, str(at / "www"), now=now)
    return keys, at / "www"


def test_python_tuf_reads_ours(tmp_path: Path, ngclient: Any) -> None:
    keys, www = publisher(tmp_path)
    client = tmp_path / "client"
    (client / "targets").mkdir(parents=True)
    first = (keys.folder / "1.root.json").read_bytes()
    with serve(www) as server:
        updater = ngclient.Updater(
            str(client), f"{server.url}/metadata/", str(client / "targets"),
            f"{server.url}/targets/", bootstrap=first,
        )  # fmt: skip
        updater.refresh()
        for name in (FULL, *(n for n in updater._trusted_set.targets.targets if "delta" in n)):
            info = updater.get_targetinfo(name)
            path = Path(updater.download_target(info))
            assert sha256(path.read_bytes()).hexdigest() == info.hashes["sha256"]
        raw = zlib.decompress((client / "targets" / FULL).read_bytes(), 31)
        assert raw == (tmp_path / "2" / "a.db").read_bytes()
        got = pull.pull(
            Web(server.url, Client(), lambda *_: None), tmp_path / "c" / "a.db", root=first,
            now=datetime.now(UTC),
        )  # fmt: skip
    assert got.bundle.version == 2


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("consistent", [True, False])
def test_ours_reads_python_tufs(
    tmp_path: Path, ngclient: Any, kind: str, *, consistent: bool
) -> None:
    del ngclient
    signers = pytest.importorskip("securesystemslib.signer").CryptoSigner
    api = pytest.importorskip("tuf.api.metadata")
    file = build(tmp_path, "1", "é")
    with Database(file) as opened:
        content = opened.content
    made = {role: getattr(signers, f"generate_{kind}")() for role in pull._ROLES}
    made["root"] = signers.generate_ed25519()
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    data = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed = data.compress(file.read_bytes()) + data.flush()
    target = api.TargetFile.from_data(FULL, packed, ["sha256", "sha512"])
    size = file.stat().st_size
    target.unrecognized_fields["custom"] = {"content": content, "size": size}
    root = api.Root(expires=ends, consistent_snapshot=consistent)
    for role, signer in made.items():
        root.add_key(signer.public_key, role)
    whole = {
        "root": api.Metadata(root),
        "targets": api.Metadata(api.Targets(expires=ends, targets={FULL: target})),
        "snapshot": api.Metadata(
            api.Snapshot(expires=ends, meta={"targets.json": api.MetaFile(1)})
        ),
        "timestamp": api.Metadata(api.Timestamp(expires=ends, snapshot_meta=api.MetaFile(1))),
    }
    www = tmp_path / "www"
    (www / "metadata").mkdir(parents=True)
    (www / "targets").mkdir()
    for role, metadata in whole.items():
        metadata.sign(made[role])
        prefix = "1." if role == "root" or (consistent and role != "timestamp") else ""
        metadata.to_file(str(www / "metadata" / f"{prefix}{role}.json"))
    prefix = f"{target.hashes['sha256']}." if consistent else ""
    (www / "targets" / f"{prefix}{FULL}").write_bytes(packed)

    database = tmp_path / "c" / "a.db"
    got = pull.pull(
        Folder(www),
        database,
        root=(www / "metadata" / "1.root.json").read_bytes(),
        now=datetime.now(UTC),
    )
    assert (got.way, got.bundle.content) == ("full", content)
    assert database.read_bytes() == file.read_bytes()
    assert pull.replay(database, datetime.now(UTC)).version == 1
