"""``keten db update`` against a bucket on this machine: what is renewed, kept, told."""

import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from advisory_data import bucket, record, span
from bucket_server import Bucket, cut, serve
from shared_data import SHARED, needs_shared

from keten.advisories import update
from keten.advisories.database import Database
from keten.advisories.update import Updated, Wanted
from keten.errors import NetworkError, UsageError
from keten.transport.http import Client

NPM = [record(f"GHSA-{i}", f"p{i}", *span("1.0.0"), ecosystem="npm") for i in range(3)]
PYPI = [record(f"PYSEC-{i}", f"q{i}", *span("1.0")) for i in range(4)]
KEV = {
    "dateReleased": "2026-11-19T00:00:00Z",
    "vulnerabilities": [{"cveID": "CVE-2026-1", "dateAdded": "2026-11-18"}],
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Bucket]:
    www = tmp_path / "www"
    bucket(www, "npm", *NPM)
    bucket(www, "PyPI", *PYPI)
    bucket(www, "Ubuntu:22.04:LTS", record("U-1", "x", *span("1"), ecosystem="Ubuntu:22.04:LTS"))
    bucket(www, "Rocky Linux", record("RL-1", "x", *span("1"), ecosystem="Rocky Linux:9"))
    (www / "ecosystems.txt").write_text("npm\nPyPI\n../../etc\n\nGIT\n")
    (www / "kev.json").write_text(json.dumps(KEV))
    (www / "epss").write_bytes(
        gzip.compress(b"#model_version:v,score_date:2026-11-20\ncve,epss\nCVE-2026-1,0.5,0.9\n")
    )
    with serve(www) as found:
        yield found


def run(server: Bucket, at: Path, *ecosystems: str, **more: str) -> Updated:
    wanted = Wanted(server.url, ecosystems, **more)
    return update.run(at / "a.db", wanted, Client(), lambda *_: None)


def names(done: Updated) -> list[str]:
    return [source.name for source in done.imported.sources]


def records(at: Path) -> dict[str, int]:
    with Database(at / "a.db") as opened:
        return {source.name: source.records for source in opened.held()}


def test_first_and_second_time(server: Bucket, tmp_path: Path) -> None:
    first = run(server, tmp_path, "npm", "PyPI")
    assert (names(first), first.same, first.failed) == (["PyPI", "npm"], (), ())
    assert records(tmp_path) == {"npm": 3, "PyPI": 4}

    second = run(server, tmp_path, "npm", "PyPI")
    assert (names(second), second.same) == ([], ("PyPI", "npm"))

    bucket(server.folder, "npm", *NPM, record("GHSA-9", "z", *span("1.0.0"), ecosystem="npm"))
    third = run(server, tmp_path, "npm", "PyPI")
    assert (names(third), third.same) == (["npm"], ("PyPI",))
    assert records(tmp_path) == {"npm": 4, "PyPI": 4}
    assert not list((tmp_path / "a.db.state" / "parts").rglob("*.zip"))


def test_what_the_database_lost_is_brought_again(server: Bucket, tmp_path: Path) -> None:
    run(server, tmp_path, "npm")
    (tmp_path / "a.db").unlink()
    assert names(run(server, tmp_path, "npm")) == ["npm"]


def test_names_are_quoted_and_releases_are_whole(server: Bucket, tmp_path: Path) -> None:
    done = run(server, tmp_path, "Ubuntu:22.04:LTS", "Rocky Linux")
    assert done.failed == ()
    assert {path for path, _ in server.asked} == {
        "/Rocky%20Linux/all.zip",
        "/Ubuntu%3A22.04%3ALTS/all.zip",
    }
    assert all(source.complete for source in done.imported.sources)


def test_kev_and_epss(server: Bucket, tmp_path: Path) -> None:
    more = {"kev": f"{server.url}/kev.json", "epss": f"{server.url}/epss"}
    assert names(run(server, tmp_path, "npm", **more)) == ["npm", "cisa-kev", "epss"]
    with Database(tmp_path / "a.db") as opened:
        assert opened.exploited("CVE-2026-1") == "2026-11-18"
        assert opened.epss("CVE-2026-1") == 0.5
    again = run(server, tmp_path, "npm", **more)
    assert again.same == ("npm", "cisa-kev", "epss")
    assert update.held(tmp_path / "a.db") == Wanted(server.url, ("npm",), **more)


def broken_zip(server: Bucket) -> None:
    (server.folder / "PyPI" / "all.zip").write_bytes(b"PK\x03\x04 no zip")


def bomb(server: Bucket) -> None:
    with zipfile.ZipFile(server.folder / "PyPI" / "all.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for i in range(3):
            made.writestr(f"{i}.json", b" " * (15 << 20))


def gone(server: Bucket) -> None:
    (server.folder / "PyPI" / "all.zip").unlink()


def always_cut(server: Bucket) -> None:
    server.faults["/PyPI/all.zip"] = lambda h, d: cut(h, d, 0)


def wrong_length(server: Bucket) -> None:
    server.faults["/PyPI/all.zip"] = lambda h, d: h.answer(
        200, d[:-30], {"Content-Length": str(len(d) - 30)}
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (broken_zip, "no zip file"),
        (bomb, "no advisory that can be read"),
        (gone, "404"),
        (always_cut, "cut off|came|no answer"),
        (wrong_length, "zip file"),
    ],
)
def test_what_fails_keeps_its_old_state(
    server: Bucket,
    tmp_path: Path,
    fault: Callable[[Bucket], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("keten.transport.download.BACK_OFF", 0.0)
    run(server, tmp_path, "npm", "PyPI")
    bucket(server.folder, "npm", *NPM[:2])
    bucket(server.folder, "PyPI", *PYPI[:2])
    fault(server)

    done = run(server, tmp_path, "npm", "PyPI")

    assert names(done) == ["npm"]
    (failure,) = done.failed
    assert failure.name == "PyPI"
    assert any(word in failure.what for word in said.split("|"))
    assert records(tmp_path) == {"npm": 2, "PyPI": 4}
    server.faults.clear()
    bucket(server.folder, "PyPI", *PYPI[:1])
    assert names(run(server, tmp_path, "npm", "PyPI")) == ["PyPI"]


def test_ecosystems_that_a_server_names(server: Bucket) -> None:
    assert update.listed(server.url, Client()) == ("PyPI", "npm")
    with pytest.raises(NetworkError):
        update.listed(f"{server.url}/nothing", Client())


def test_unknown_ecosystem(server: Bucket, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="OSV has no such ecosystem"):
        run(server, tmp_path, "../../etc")
    assert server.asked == []


def test_memory_that_is_damaged_is_none(server: Bucket, tmp_path: Path) -> None:
    run(server, tmp_path, "npm")
    (tmp_path / "a.db.state" / "update.json").write_bytes(b"{\xff")
    assert names(run(server, tmp_path, "npm")) == ["npm"]


@needs_shared
def test_real_bucket(tmp_path: Path) -> None:
    assert SHARED is not None
    with serve(SHARED / "data" / "osv") as server:
        done = run(server, tmp_path, "Go", "PyPI", "Debian", "npm")
        assert [source.name for source in done.imported.sources] == ["Debian", "Go", "PyPI", "npm"]
        assert records(tmp_path)["Go"] == 4274
        again = run(server, tmp_path, "Go", "PyPI", "Debian", "npm", "Hex")
    assert again.same == ("Debian", "Go", "PyPI", "npm")
    assert [failure.name for failure in again.failed] == ["Hex"]
