"""[advisories] require-signed: what nobody signed, or what was changed, says nothing."""

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from advisory_data import folder, record, span
from folder_scan import scan
from tuf_repository import NOW, Repository

from keten.advisories import imports, pull, state
from keten.advisories.database import Database
from keten.config import Policy, parse
from keten.errors import UsageError
from keten.model.result import Result

DAY = NOW.date()
LOCK = "jinja2==3.0\nrequests==1.0\n"


class Estate:
    """A project, a publisher, and a database that was pulled from it."""

    def __init__(self, at: Path) -> None:
        self.at = at / "project"
        self.at.mkdir()
        (self.at / "requirements.txt").write_text(LOCK)
        made = [record(f"R-{name}", name, *span("2.0")) for name in ("requests", "other")]
        self.plain = at / "plain.db"
        imports.run([folder(at / "records", *made)], self.plain, imports.Claim(complete=("PyPI",)))
        with Database(self.plain) as opened:
            self.repository = Repository(self.plain, opened.content)
        self.root = self.repository.files["metadata/1.root.json"]
        self.database = at / "client" / "a.db"
        pull.pull(self.repository, self.database, root=self.root, now=NOW)
        (self.at / "root.json").write_bytes(self.root)

    def scan(self, database: Path, more: str = "require-signed = true", days: int = 0) -> Result:
        text = f"[advisories]\nmax-age-days = 9999\n{more}\n"
        policy = Policy(parse(text.encode()), "keten.toml", "", self.at)
        with Database(database) as opened:
            return scan(
                self.at, policy, database=opened, now=DAY + timedelta(days=days),
                progress=lambda *_: None,
            )  # fmt: skip

    def unknown(self, database: Path, more: str = "require-signed = true", days: int = 0) -> str:
        """Return why jinja2 was not judged, "" where it was."""
        result = self.scan(database, more, days)
        check = "dependencies/known-vulnerability"
        assert any(f.check == check for f in result.findings), "what is known to be bad stays so"
        unknown = [check for item in result.unknown for check in item.checks]
        told = [p.what for p in result.problems if p.need == "advisories"]
        assert (check in unknown) == bool(told)
        return " ".join(sorted(told))


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


def test_a_signed_database_is_believed(estate: Estate) -> None:
    assert estate.unknown(estate.database) == ""
    assert estate.unknown(estate.database, 'require-signed = true\nroot = "root.json"') == ""


def test_one_that_nobody_signed_is_not(estate: Estate) -> None:
    assert estate.unknown(estate.plain, "") == ""
    assert "are of no bundle that somebody signed" in estate.unknown(estate.plain)


def test_one_that_was_changed_is_not(estate: Estate) -> None:
    with sqlite3.connect(estate.database) as db:
        db.execute("DELETE FROM package WHERE name = 'other'")
    assert estate.unknown(estate.database, "") == "", "the digest that it names is as it was"
    said = estate.unknown(estate.database)
    assert "the advisories of PyPI are not proven" in said
    assert "was signed for" in said


def test_one_whose_time_is_over_is_not(estate: Estate) -> None:
    assert "are not proven" in estate.unknown(estate.database, days=3650)


def test_one_that_claims_to_be_signed_is_not(estate: Estate) -> None:
    """Who can write the database can write what stands beside it: the signatures count."""
    kept = state.folder(estate.database)
    copy = state.folder(estate.plain)
    copy.mkdir(exist_ok=True)
    shutil.copy(kept / "installed.json", copy / "installed.json")
    assert "are not proven" in estate.unknown(estate.plain)


def test_another_publisher_is_none(estate: Estate, tmp_path: Path) -> None:
    other = Repository(estate.plain, Database(estate.plain).content)
    theirs = tmp_path / "theirs" / "a.db"
    root = other.files["metadata/1.root.json"]
    pull.pull(other, theirs, root=root, now=NOW)

    assert estate.unknown(theirs) == "", "with whom the data came is not said"
    said = estate.unknown(theirs, 'require-signed = true\nroot = "root.json"')
    assert "it is another root" in said


def test_a_root_that_is_not_there(estate: Estate) -> None:
    with pytest.raises(UsageError, match=r"advisories\.root: .*no such file"):
        estate.scan(estate.database, 'require-signed = true\nroot = "gone.json"')
    with pytest.raises(UsageError, match="says nothing without require-signed"):
        estate.scan(estate.database, 'root = "root.json"')
    assert json.loads(estate.root)["signed"]["_type"] == "root"


def test_what_is_believed_of_the_publisher_is_part_of_the_stamp(estate: Estate) -> None:
    """A kept result is one of the signatures that were there."""
    before = state.stamp(estate.database)
    assert before == state.stamp(estate.database)
    (state.folder(estate.database) / "trust" / "targets.json").write_bytes(b"{}")
    assert state.stamp(estate.database) not in {before, ""}
    assert "are not proven" in estate.unknown(estate.database)
