"""The signed bundle under attack: each of section 1.5.2 of the TUF specification is refused.

And what is not an attack works: rotation of every key, thresholds, a new publisher's version,
offline proof. After each refusal the database and what it answers are as they were.
"""

import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from advisory_data import folder, record, span
from tuf_repository import LATER, NOW, PAST, Repository, key

from keten.advisories import imports, pull, state
from keten.advisories.database import Database
from keten.advisories.pull import FULL, Pulled
from keten.advisories.source import standing
from keten.errors import CeilingError, DataError, InputError, KetenError, TrustError, UsageError
from keten.trust import tuf_signing


def build(at: Path, *names: str) -> tuple[Path, str]:
    made = [record(f"R-{name}", f"p{name}", *span("1.0")) for name in names]
    at.mkdir()
    imports.run([folder(at / "records", *made)], at / "a.db", imports.Claim(complete=("PyPI",)))
    with Database(at / "a.db") as opened:
        return at / "a.db", opened.content


class Estate:
    """A publisher with two versions of the data, and one client."""

    def __init__(self, at: Path) -> None:
        self.one = build(at / "one", "1", "2")
        self.two = build(at / "two", "1", "2", "3")
        self.repository = Repository(*self.one)
        self.root = self.repository.files["metadata/1.root.json"]
        self.database = at / "client" / "a.db"

    def pull(self, *, root: bytes | None = None, days: int = 0) -> Pulled:
        now = NOW + timedelta(days=days)
        return pull.pull(self.repository, self.database, root=root or self.root, now=now)

    def held(self) -> str:
        with Database(self.database) as opened:
            return opened.content

    def refused(self, said: str, *kinds: type[KetenError]) -> None:
        """Hold that a pull is refused with a clear error, and that the data stay what they were."""
        before = self.database.read_bytes() if self.database.exists() else None
        with pytest.raises(kinds or (TrustError,), match=said):
            self.pull()
        assert (self.database.read_bytes() if self.database.exists() else None) == before
        if before is not None:
            with Database(self.database) as opened:
                assert not any(source.fault for source in opened.held())


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


def test_pull_again_and_newer(estate: Estate) -> None:
    first = estate.pull()
    assert (first.way, first.bundle.version, estate.held()) == ("full", 1, estate.one[1])
    assert estate.pull().way == ""
    assert not any(path.startswith("targets/") for path in estate.repository.asked[-2:])
    estate.repository.publish(*estate.two)
    assert estate.pull(root=None).bundle.version == 2
    assert estate.held() == estate.two[1]
    assert pull.replay(estate.database, NOW).content == estate.two[1]


def test_whom_to_trust_must_be_said_once(estate: Estate) -> None:
    with pytest.raises(UsageError, match="whose bundles to trust"):
        pull.pull(estate.repository, estate.database, root=None, now=NOW)
    estate.pull()
    pull.pull(estate.repository, estate.database, root=None, now=NOW)
    with pytest.raises(TrustError, match="another root"):
        estate.pull(root=Repository(*estate.one).files["metadata/1.root.json"])


# 1.5.2: arbitrary software attacks


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_signed_by_another_key(estate: Estate, role: str) -> None:
    estate.pull()
    estate.repository.keys[role] = [key()]
    estate.repository.publish(*estate.two)
    estate.refused(f"0 valid signatures of the role {role}")


def test_database_of_another(estate: Estate) -> None:
    path = next(p for p in estate.repository.files if p.startswith("targets/"))
    data = bytearray(estate.repository.files[path])
    data[len(data) // 2] ^= 1
    estate.repository.files[path] = bytes(data)
    estate.refused("another sha256 than was signed for")


def test_root_of_another(estate: Estate) -> None:
    estate.pull()
    estate.repository.keys["root"] = [key()]
    estate.repository.root()
    estate.refused("2.root.json has 0 valid signatures")


def test_root_that_its_own_keys_did_not_sign(estate: Estate) -> None:
    estate.pull()
    old = estate.repository.keys["root"]
    estate.repository.keys["root"] = [key()]
    estate.repository.root(signers=old)
    estate.refused("2.root.json has 0 valid signatures")


# rollback attacks


def test_older_timestamp(estate: Estate) -> None:
    old = dict(estate.repository.files)
    estate.repository.publish(*estate.two)
    estate.pull()
    estate.repository.files = old
    estate.refused("timestamp has version 1, which is older than version 2")


def test_new_timestamp_of_an_older_snapshot(estate: Estate) -> None:
    old = {role: estate.repository.versions[role] for role in ("snapshot", "targets")}
    estate.repository.publish(*estate.two)
    estate.pull()
    estate.repository.versions.update(old)
    estate.repository.sign("timestamp")
    estate.refused("snapshot has version 1, which is older than version 2")


def test_new_snapshot_of_older_targets(estate: Estate) -> None:
    estate.repository.publish(*estate.two)
    estate.pull()
    estate.repository.versions["targets"] = 1
    estate.repository.sign("snapshot", "timestamp")
    estate.refused("targets.json has version 1, which is older than version 2")


def test_snapshot_that_forgets(estate: Estate) -> None:
    estate.repository.change["snapshot"] = lambda body: body["meta"].update(
        {"more.json": {"version": 1}}
    )
    estate.repository.sign()
    estate.pull()
    estate.repository.change.clear()
    estate.repository.sign()
    estate.refused("no longer names more.json")


def test_skipped_and_repeated_roots(estate: Estate) -> None:
    estate.pull()
    estate.repository.versions["root"] = 2
    data = estate.repository.root()
    estate.repository.files["metadata/2.root.json"] = data
    estate.refused("says that it is version 3: not the next root")
    estate.repository.files["metadata/2.root.json"] = estate.root
    estate.refused("says that it is version 1: not the next root")


# fast-forward attacks: rotated keys let the publisher begin again


def test_recovery_from_fast_forward(estate: Estate) -> None:
    for role in ("timestamp", "snapshot"):
        estate.repository.versions[role] = 10**9
    estate.repository.sign()
    estate.pull()
    for role in ("timestamp", "snapshot"):
        estate.repository.versions[role] = 5
        estate.repository.keys[role] = [key()]
    estate.repository.root()
    estate.repository.publish(*estate.two)
    assert estate.pull().bundle.content == estate.two[1]


# indefinite freeze attacks


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_expired(estate: Estate, role: str) -> None:
    estate.pull()
    estate.repository.expires[role] = PAST
    if role == "root":
        estate.repository.root()
    estate.repository.publish(*estate.two)
    estate.refused(f"the {role} metadata, version 2, expired on 2026-11-20")


def test_frozen(estate: Estate) -> None:
    estate.pull()
    before = estate.database.read_bytes()
    with pytest.raises(TrustError, match="expired"):
        estate.pull(days=10)
    assert estate.database.read_bytes() == before
    with pytest.raises(TrustError, match="expired"):
        pull.replay(estate.database, NOW + timedelta(days=10))


def test_what_expired_is_unknown_and_not_passed(estate: Estate) -> None:
    estate.pull()
    with Database(estate.database) as opened:
        sources = opened.held()
        assert opened.release().version == 1
    fresh = standing(sources, "PyPI", date(2026, 12, 1), max_age_days=99)
    over = standing(sources, "PyPI", date(2026, 12, 2), max_age_days=99)
    assert fresh.reason == ""
    assert "of a bundle that expired on 2026-12-01" in over.reason


# endless data, slow retrieval (see test_download.py), extraneous dependencies (no other targets)


@pytest.mark.parametrize(
    "path",
    [
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
    ],
)
def test_endless_metadata(estate: Estate, path: str) -> None:
    estate.repository.files[path] = b"[" * (6 << 20)
    estate.refused("has more than", CeilingError)


def test_endless_roots(estate: Estate) -> None:
    for _ in range(pull.MAX_ROOTS):
        estate.repository.root()
    estate.refused("more than 256 new roots", CeilingError)


def test_endless_database(estate: Estate) -> None:
    path = next(p for p in estate.repository.files if p.startswith("targets/"))
    estate.repository.files[path] += b"x"
    estate.refused("has more than", CeilingError)


def bomb(target: dict[str, Any], repository: Repository) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = packer.compress(bytes(50 << 20)) + packer.flush()
    from hashlib import sha256

    digest = sha256(data).hexdigest()
    target.update(length=len(data), hashes={"sha256": digest})
    repository.files[f"targets/{digest}.{FULL}"] = data


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t, _: t["custom"].update(size=100), "does not unpack to the 100 bytes"),
        (lambda t, _: t["custom"].update(size=10**9), "does not unpack to"),
        (lambda t, _: t["custom"].update(size=10**12), "not what keten needs"),
        (lambda t, _: t["custom"].update(content="sha256:00"), "was signed for"),
        (lambda t, _: t.update(custom={}), "not what keten needs"),
        (lambda t, _: t.update(hashes={"md5": "x"}), "without a digest that keten knows"),
        (lambda t, _: t.update(hashes={"sha256": "../x"}), "without a digest"),
        (bomb, "does not unpack to"),
    ],
)
def test_a_signed_database_that_is_none(
    estate: Estate, change: Callable[[dict[str, Any], Repository], None], said: str
) -> None:
    change(estate.repository.target, estate.repository)
    estate.repository.sign()
    estate.refused(said, TrustError, InputError)


def test_a_bundle_of_another_schema(estate: Estate) -> None:
    def rename(body: dict[str, Any]) -> None:
        body["targets"]["advisories-99.db.gz"] = body["targets"].pop(FULL)

    estate.repository.change["targets"] = rename
    estate.repository.sign()
    estate.refused("only advisories-99.db.gz", DataError)


# mix-and-match attacks


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_mixed(estate: Estate, role: str) -> None:
    estate.pull()
    estate.repository.publish(*estate.two)
    old = estate.repository.files[f"metadata/1.{role}.json"]
    estate.repository.files[f"metadata/2.{role}.json"] = old
    estate.refused(f"{role}.json has (another sha256|.* bytes)")


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_mixed_where_only_versions_are_told(estate: Estate, role: str) -> None:
    above = {"snapshot": "timestamp", "targets": "snapshot"}[role]

    def bare(body: dict[str, Any]) -> None:
        for told in body["meta"].values():
            del told["length"], told["hashes"]

    estate.repository.change[above] = bare
    estate.repository.sign()
    estate.pull()
    estate.repository.sign()
    old = estate.repository.files[f"metadata/2.{role}.json"]
    estate.repository.files[f"metadata/3.{role}.json"] = old
    estate.refused(f"the {role} metadata has version 2, but version 3")


# vulnerability to key compromises: thresholds


def test_thresholds(estate: Estate) -> None:
    estate.repository.keys["root"].extend([key(), key()])
    estate.repository.thresholds["root"] = 2
    estate.repository.root()
    estate.pull()
    two = estate.repository.keys["root"][:2]
    estate.repository.root(signers=two[:1])
    estate.refused("3.root.json has 1 valid signatures of the role root; it takes 2")
    estate.repository.versions["root"] = 2
    estate.repository.root(signers=two)
    estate.pull()


def test_one_key_under_two_names_counts_once(estate: Estate) -> None:
    keys = estate.repository.keys["root"]

    def twice(body: dict[str, Any]) -> None:
        (name,) = body["roles"]["root"]["keyids"]
        body["keys"]["f" * 64] = body["keys"][name]
        body["roles"]["root"] = {"keyids": [name, "f" * 64], "threshold": 2}

    estate.repository.change["root"] = twice
    data = estate.repository.root(signers=keys)
    import json

    told = json.loads(data)
    told["signatures"].append({"keyid": "f" * 64, "sig": told["signatures"][0]["sig"]})
    estate.repository.files["metadata/2.root.json"] = json.dumps(told).encode()
    estate.refused("2.root.json has 1 valid signatures")


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_rotation(estate: Estate, role: str) -> None:
    estate.pull()
    old = estate.repository.keys[role]
    estate.repository.keys[role] = [key()]
    signers = [*estate.repository.keys["root"], *(old if role == "root" else [])]
    estate.repository.root(signers=signers)
    estate.repository.publish(*estate.two)
    assert estate.pull().bundle.content == estate.two[1]
    assert pull.replay(estate.database, NOW).version == 2
    estate.repository.keys[role] = old
    if role != "root":
        estate.repository.publish(*estate.one)
        estate.refused("0 valid signatures")


# offline proof


def test_verify_finds_what_was_changed(estate: Estate) -> None:
    estate.pull()
    other = estate.two[0].read_bytes()
    estate.database.write_bytes(other)
    with pytest.raises(TrustError, match="was signed for"):
        pull.replay(estate.database, NOW)
    with Database(estate.database) as opened:
        reason = standing(opened.held(), "PyPI", NOW.date(), max_age_days=99).reason
        assert opened.release().version == 0
    assert "are not those of the signed bundle, version 1" in reason


def test_verify_reads_every_row(estate: Estate) -> None:
    import sqlite3

    estate.pull()
    with sqlite3.connect(estate.database) as db:
        db.execute("UPDATE package SET data = x'9100' WHERE name = 'p1'")
    db.close()
    with pytest.raises((TrustError, DataError)):
        pull.replay(estate.database, NOW)


def test_verify_finds_another_table(estate: Estate) -> None:
    import sqlite3

    estate.pull()
    with sqlite3.connect(estate.database) as db:
        db.execute("CREATE VIEW v AS SELECT 1")
    db.close()
    with pytest.raises(DataError, match="other tables"):
        pull.replay(estate.database, NOW)


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json"])
def test_verify_needs_all_that_is_believed(estate: Estate, name: str) -> None:
    estate.pull()
    (state.folder(estate.database) / "trust" / name).unlink()
    with pytest.raises(TrustError, match="no longer has"):
        pull.replay(estate.database, NOW)


def test_verify_of_what_nobody_signed(estate: Estate) -> None:
    with pytest.raises(UsageError, match="nobody signed it"):
        pull.replay(estate.one[0], NOW)


def test_an_import_makes_it_ones_own(estate: Estate) -> None:
    estate.pull()
    more = folder(estate.database.parent / "more", record("X-1", "x", *span("1")))
    imports.run([more], estate.database, imports.Claim())
    with Database(estate.database) as opened:
        assert opened.bundle is None
    assert estate.pull().way == "full"
    assert estate.held() == estate.one[1]


def test_damaged_state_is_told(estate: Estate) -> None:
    estate.pull()
    (state.folder(estate.database) / "installed.json").write_bytes(b"{}")
    with Database(estate.database) as opened, pytest.raises(DataError, match=r"installed\.json"):
        opened.held()


def test_ecdsa_keys_sign_too(estate: Estate) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    made: Any = ec.generate_private_key(ec.SECP256R1())
    estate.repository.keys["targets"] = [made]
    estate.repository.root()
    estate.repository.sign()
    assert estate.pull().bundle.signers == (tuf_signing.public(made)[0],)
    assert estate.pull().bundle.until == LATER
