"""Import: what becomes of files as users have them, and of files that are out to do harm."""

import gzip
import json
import os
import sqlite3
import struct
import zipfile
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from advisory_data import bucket, database, folder, record, span
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.advisories import archive, imports
from keten.advisories.database import Database
from keten.advisories.imports import Claim, Imported
from keten.advisories.lookup import Lookup
from keten.advisories.records import compact
from keten.derive import vulnerabilities
from keten.errors import CeilingError, DataError, InputError, UsageError
from keten.formats import osv
from keten.model.delivery import Package
from keten.model.facts import Facts

ONE = record("PYSEC-1", "Foo.Bar", *span("2.0"), aliases=["CVE-2020-1111"])
NOTHING = Claim()
TWO = record("PYSEC-2", "other", *span("1.5"))


def load(at: Path, *paths: Path, claim: Claim = NOTHING) -> Imported:
    return imports.run(paths, at / "a.db", claim)


def ids(
    at: Path, name: str = "foo-bar", version: str = "1.0", ecosystem: str = "PyPI"
) -> list[str]:
    with Database(at / "a.db") as opened:
        found = Lookup(opened).ask(ecosystem, name, version).vulnerabilities
    return [item.cluster.id for item in found]


def test_zip_of_the_bucket_is_complete_only_if_it_can_be(tmp_path: Path) -> None:
    many = [record(f"PYSEC-{i}", f"p{i}", *span("1")) for i in range(2000)]
    few = bucket(tmp_path / "few", "PyPI", ONE)

    (whole,) = load(tmp_path, bucket(tmp_path / "many", "PyPI", *many)).sources
    done = load(tmp_path, few)

    assert whole.complete
    assert not done.sources[0].complete
    assert "1 records of PyPI can not be all" in done.problems[0].what
    assert load(tmp_path, few, claim=Claim(complete=("PyPI",))).sources[0].complete


def test_folder_named_by_purl_type(tmp_path: Path) -> None:
    many = [record(f"R-{i}", f"p{i}", *span("1.0.0"), ecosystem="crates.io") for i in range(500)]

    (source,) = load(tmp_path, bucket(tmp_path, "cargo", *many)).sources

    assert (source.name, source.complete) == ("crates.io", True)


def test_as_of_is_the_newest_day_and_not_gos_zero(tmp_path: Path) -> None:
    zero = "0001-01-01T00:00:00Z"
    old = record("GO-1", "m", *span("1.0.0"), ecosystem="Go", modified=zero, published=zero)

    assert load(tmp_path, folder(tmp_path / "f", ONE, old)).sources[0].as_of == "2026-11-20"
    assert load(tmp_path, folder(tmp_path / "g", old)).sources[0].as_of == ""
    claimed = load(tmp_path, tmp_path / "g", claim=Claim(as_of="2026-11-21"))
    assert claimed.sources[0].as_of == "2026-11-21"


def test_same_inputs_same_bytes(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "one", ONE), folder(tmp_path / "two", TWO)
    for name, order in (("x", (first, second)), ("y", (second, first))):
        (tmp_path / name).mkdir()
        load(tmp_path / name, *order)
    load(tmp_path / "y", first)

    assert (tmp_path / "x" / "a.db").read_bytes() == (tmp_path / "y" / "a.db").read_bytes()
    assert [p.name for p in (tmp_path / "y").iterdir()] == ["a.db"], "nothing is left behind"


def test_import_again_replaces_that_source_alone(tmp_path: Path) -> None:
    load(tmp_path, folder(tmp_path / "one", ONE), folder(tmp_path / "two", TWO))
    (tmp_path / "one" / "PYSEC-1.json").unlink()
    load(tmp_path, folder(tmp_path / "one", record("PYSEC-9", "new", *span("3"))))

    assert ids(tmp_path) == []
    assert ids(tmp_path, "new") == ["PYSEC-9"]
    assert ids(tmp_path, "other") == ["PYSEC-2"]


def test_withdrawn_is_left_out_and_counted(tmp_path: Path) -> None:
    gone = {**ONE, "id": "PYSEC-3", "withdrawn": "2026-01-01T00:00:00Z"}

    (source,) = load(tmp_path, folder(tmp_path / "f", ONE, gone)).sources

    assert (source.records, source.withdrawn) == (1, 1)
    assert ids(tmp_path) == ["CVE-2020-1111"]


def test_one_id_twice_keeps_the_later(tmp_path: Path) -> None:
    later = record("PYSEC-1", "foo-bar", *span("0.5"), modified="2026-11-21T00:00:00Z")
    source = folder(tmp_path / "f" / "a", later)
    folder(tmp_path / "f" / "b", ONE)

    assert load(tmp_path, source.parent).sources[0].records == 1
    assert ids(tmp_path) == []
    assert ids(tmp_path, version="0.4") == ["PYSEC-1"]


def test_bad_records_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = folder(tmp_path / "f", ONE)
    (source / "broken.json").write_text("{")
    (source / "list.json").write_text("[1]")
    (source / "deep.json").write_text('{"id":"X","database_specific":{"a":' + "[" * 100_000)
    (source / "readme.txt").write_text("not a record")

    done = load(tmp_path, source)

    assert (done.sources[0].records, done.sources[0].unread) == (1, 3)
    assert [p.what.partition(":")[0] for p in done.problems] == [
        "broken.json",
        "deep.json",
        "list.json",
    ]


def test_nothing_to_read_is_an_error_and_the_database_stays(tmp_path: Path) -> None:
    load(tmp_path, folder(tmp_path / "f", ONE))
    before = (tmp_path / "a.db").read_bytes()
    (tmp_path / "empty").mkdir()
    (tmp_path / "garbage.json").write_bytes(b"\x00\xff" * 50)
    (tmp_path / "garbage.zip").write_bytes(b"PK" * 50)
    for name in ("empty", "garbage.json", "garbage.zip"):
        with pytest.raises(InputError):
            load(tmp_path, tmp_path / name)
    with pytest.raises(UsageError):
        load(tmp_path, tmp_path / "not-there")
    with pytest.raises(UsageError, match="OSV has no such ecosystem"):
        load(tmp_path, tmp_path / "f", claim=Claim(complete=("Pypy",)))

    assert (tmp_path / "a.db").read_bytes() == before


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = folder(tmp_path / "outside", TWO)
    source = folder(tmp_path / "f", ONE)
    (source / "link.json").symlink_to(outside / "PYSEC-2.json")
    (source / "loop").symlink_to(source)

    assert load(tmp_path, source).sources[0].records == 1


def test_kev_and_epss(tmp_path: Path) -> None:
    kev = tmp_path / "kev.json"
    listed = [{"cveID": "CVE-2020-1111", "dateAdded": "2021-02-03"}]
    kev.write_text(json.dumps({"dateReleased": "2026-11-01T00:00:00Z", "vulnerabilities": listed}))
    scores = tmp_path / "epss.csv.gz"
    text = "#model_version:v1,score_date:2026-11-02T00:00:00Z\ncve,epss,percentile\n"
    scores.write_bytes(gzip.compress(f"{text}CVE-2020-1111,0.97565,0.99\nnonsense\n".encode()))

    done = load(tmp_path, kev, scores)

    assert [(s.name, s.as_of, s.records, s.unread) for s in done.sources] == [
        ("cisa-kev", "2026-11-01", 1, 0),
        ("epss", "2026-11-02", 1, 1),
    ]
    with Database(tmp_path / "a.db") as opened:
        assert opened.exploited("CVE-2020-1111") == "2021-02-03"
        assert opened.exploited("CVE-2020-2222") == ""
        assert opened.epss("CVE-2020-1111") == pytest.approx(0.97565)


def patched(path: Path, at: bytes, offset: int, value: bytes) -> Path:
    data = bytearray(path.read_bytes())
    place = data.rfind(at) + offset
    data[place : place + len(value)] = value
    path.write_bytes(bytes(data))
    return path


def test_zip_that_claims_a_million_entries(tmp_path: Path) -> None:
    file = bucket(tmp_path, "PyPI", ONE)
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, 46, 0)
    data = file.read_bytes()
    at = data.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    file.write_bytes(data[:at] + end + locator + data[at:])
    patched(file, b"PK\x05\x06", 10, b"\xff\xff")

    with pytest.raises(CeilingError, match="1000000 entries"):
        load(tmp_path, file)


def test_zip_bomb_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    file = bucket(tmp_path, "PyPI", ONE, extra=b" " * (5 << 20))

    done = load(tmp_path, file)

    assert done.sources[0].records == 1
    assert "packed more than 200 to 1" in done.problems[0].what


def test_zip_that_lies_about_the_size(tmp_path: Path) -> None:
    file = bucket(tmp_path, "PyPI", ONE, extra=b" " * (5 << 20))
    patched(file, b"PK\x01\x02", 24, struct.pack("<L", 100))

    done = load(tmp_path, file)

    assert "checksum" in done.problems[0].what


def test_entry_over_the_ceiling(tmp_path: Path) -> None:
    file = bucket(tmp_path, "PyPI", ONE, extra=os.urandom(archive.MAX_ENTRY + 1))

    assert "at most" in load(tmp_path, file).problems[0].what


@given(st.binary(max_size=200), st.integers(0, 400), st.binary(max_size=8))
def test_mutated_zips(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, at: int, put: bytes
) -> None:
    path = tmp_path_factory.mktemp("zip") / "all.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.json", "{}")
        made.writestr("b/", "")
    data = path.read_bytes()
    path.write_bytes(data[:at] + put + data[at + len(put) :] + tail)
    try:
        for entry in archive.entries(path):
            assert entry.fault or zlib.crc32(entry.data) is not None
    except InputError:
        pass


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "affected", "ranges", "events", "package", "severity", "x"]),
                inner,
            )
        ),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_as_a_record(data: bytes) -> None:
    try:
        found = osv.read(data)
    except InputError:
        return
    compact(found)
    assert found.title is not None


def test_database_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such advisory database"):
        Database(tmp_path / "none.db")
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(os.urandom(10_000))
    with pytest.raises(DataError, match="is no advisory database"):
        Database(garbage)
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(DataError, match="is no advisory database of keten"):
        Database(other)


def test_database_of_another_version(tmp_path: Path) -> None:
    database(tmp_path, ONE).close()
    path = tmp_path / "advisories.db"
    changed = sqlite3.connect(path)
    changed.execute("PRAGMA user_version=99")
    changed.close()

    with pytest.raises(DataError, match="version 99"):
        Database(path)
    with pytest.raises(DataError, match="version 99"):
        imports.run([tmp_path / "records"], path, Claim())


def test_damaged_database_is_said_to_be(tmp_path: Path) -> None:
    many = [record(f"PYSEC-{i}", f"p{i}", *span("2"), summary="s" * 50) for i in range(500)]
    database(tmp_path, *many).close()
    path = tmp_path / "advisories.db"
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(bytes(data))

    with Database(path) as opened, pytest.raises(DataError, match="is damaged"):
        opened.row(7)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    at = tmp_path_factory.mktemp("db")
    many = [
        record(
            f"PYSEC-{i}", f"p{i % 9}", *span("2"), summary="s" * (i % 70), aliases=[f"CVE-1-{i}"]
        )
        for i in range(200)
    ]
    database(at, *many).close()
    return (at / "advisories.db").read_bytes()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6))),
    st.floats(0, 1),
)
def test_mutated_databases_say_that_they_are_damaged(
    whole: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[float, bytes]],
    cut: float,
) -> None:
    data = bytearray(whole)
    for at, put in changes:
        place = int(at * len(data))
        data[place : place + len(put)] = put
    path = tmp_path_factory.mktemp("mutated") / "a.db"
    path.write_bytes(bytes(data[: int(cut * len(data))] if cut < 0.5 else data))
    packages = [
        Package(f"x#{i}", ecosystem="pypi", name=f"p{i}", version="1.0", path="x") for i in range(9)
    ]
    with suppress(DataError), Database(path) as opened:
        opened.sources()
        vulnerabilities.derive(Facts(tuple(packages)), opened, date(2026, 11, 22), max_age_days=7)


def test_find_takes_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(tmp_path, ONE).close()
    monkeypatch.delenv("KETEN_DB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert Database.find(None) is None
    with pytest.raises(DataError):
        Database.find(tmp_path / "none.db")
    monkeypatch.setenv("KETEN_DB", str(tmp_path / "none.db"))
    with pytest.raises(DataError):
        Database.find(None)
    monkeypatch.setenv("KETEN_DB", str(tmp_path / "advisories.db"))
    found = Database.find(None)
    assert found is not None
    assert [(s.name, s.ecosystems) for s in found.sources()] == [("records", ("PyPI",))]
    found.close()
