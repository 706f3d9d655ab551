"""``keten db`` as a user types it: what it prints, and the exit status."""

import json
from pathlib import Path

import pytest
from advisory_data import bucket, folder, record, span
from shared_data import SHARED, needs_shared

from keten.cli import db

ONE = record("PYSEC-1", "foo", *span("2"))


def test_import_and_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.db"
    source = folder(
        tmp_path / "mine", ONE, record("GHSA-2", "bar", *span("1.0.0"), ecosystem="npm")
    )

    assert db.main(["import", str(source), "--db", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mine: 2 records, as of 2026-11-20, only a part",
        f"{file} has 0.1 MB",
    ]
    assert db.main(["status", "--db", str(file), "--now", "2026-11-22"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in out[2:]] == [
        "source records as of age holds digest",
        f"mine 2 2026-11-20 2 days a part {out[3].split()[-1]}",
        "PyPI 1, npm 1",
        "",
        out[-2],
        "It was made here; nobody signed it.",
    ]
    assert out[-2].startswith("content sha256:")
    assert max(len(line) for line in out[2:]) <= 80
    assert db.main(["status", "--db", str(file), "--now", "2026-12-22"]) == 0
    assert "Stale after 7 days: mine." in capsys.readouterr().out


def test_status_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, source = tmp_path / "a.db", folder(tmp_path / "mine", ONE)
    db.main(["import", str(source), "--db", str(file), "--complete", "PyPI", "--name", "own"])
    capsys.readouterr()

    assert db.main(["status", "--db", str(file), "--json", "--now", "2026-11-22"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["now"] == "2026-11-22"
    (source_told,) = told["sources"]
    assert source_told["digest"].startswith("sha256:")
    assert {k: source_told[k] for k in ("name", "as_of", "age_days", "stale", "complete")} == {
        "name": "own",
        "as_of": "2026-11-20",
        "age_days": 2,
        "stale": False,
        "complete": True,
    }
    assert source_told["ecosystems"] == [{"ecosystem": "PyPI", "records": 1, "complete": True}]


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (["status"], 3, "there is no such advisory database"),
        (["import", "nowhere"], 2, "no such file or folder"),
        (["import", "a", "b", "--name", "x"], 2, "--name names one PATH"),
        (["import", "a", "--as-of", "today"], 2, "YYYY-MM-DD"),
    ],
)
def test_refusals(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    status: int,
    said: str,
) -> None:
    assert db.main([*argv, "--db", str(tmp_path / "a.db")]) == status
    err = capsys.readouterr().err
    assert err.startswith("keten: ")
    assert said in err


def test_a_part_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = bucket(tmp_path, "npm", record("GHSA-2", "bar", *span("1.0.0"), ecosystem="npm"))

    assert db.main(["import", str(file), "--db", str(tmp_path / "a.db")]) == 0
    assert "1 records of npm can not be all" in capsys.readouterr().err


@needs_shared
def test_real_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert SHARED is not None
    file = tmp_path / "a.db"
    kev = SHARED / "data" / "known_exploited_vulnerabilities.json"

    assert db.main(["import", str(SHARED / "data" / "osv"), str(kev), "--db", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Go: 4274 records, as of 2026-08-18, complete, 17 withdrawn left out" in lines
    assert "cisa-kev: 1404 records, as of 2025-08-25" in lines
    assert file.stat().st_size < 3_000_000
