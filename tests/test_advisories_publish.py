"""``keten db keys, build, export, pull, verify`` as a publisher and a user type them."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from advisory_data import folder, record, span
from bucket_server import serve
from registry_server import needs_registry, served

from keten.advisories import publish, state
from keten.advisories.database import Database
from keten.advisories.signing_keys import Keys, Plan
from keten.cli import db
from keten.errors import InputError, TrustError, UsageError

NAMES = [f"{i:03d}" for i in range(150)]
WHEN = ["--now", "2026-11-23T12:00:00"]


def data(at: Path, names: list[str]) -> Path:
    made = [record(f"R-{name}", f"p{name}", *span("1.0"), summary=name * 9) for name in names]
    shutil.rmtree(at, ignore_errors=True)
    return folder(at, *made)


class Publisher:
    def __init__(self, at: Path) -> None:
        self.at = at
        self.database = at / "a.db"
        self.keys = at / "keys"
        assert db.main(["keys", "--to", str(self.keys), *WHEN]) == 0

    def export(self, names: list[str], to: str = "www", *more: str) -> int:
        self.database.unlink(missing_ok=True)
        source = data(self.at / "records", names)
        args = [str(source), "--to", str(self.database), "--complete", "PyPI"]
        assert db.main(["build", *args]) == 0
        when = [] if "--now" in more else WHEN
        made = ["--db", str(self.database), "--keys", str(self.keys), "--to", str(self.at / to)]
        return db.main(["export", *made, *when, *more])

    def pull(self, source: str = "", *more: str) -> int:
        at = source or str(self.at / "www")
        return db.main(
            ["pull", at, "--db", str(self.at / "c" / "c.db"),
             "--root", str(self.keys / "root.json"), *WHEN, *more]
        )  # fmt: skip

    def held(self) -> str:
        with Database(self.at / "c" / "c.db") as opened:
            return opened.content


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


def test_whole_then_deltas(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    assert publisher.export(NAMES) == 0
    assert publisher.pull() == 0
    assert "version 1: the whole" in capsys.readouterr().out
    for names in (NAMES[:-3], [*NAMES[5:], "x"], [*NAMES[9:], "y"]):
        assert publisher.export(names) == 0
    capsys.readouterr()
    assert publisher.pull() == 0
    assert "version 4: a delta" in capsys.readouterr().out
    whole = publisher.at / "c" / "c.db"
    assert whole.read_bytes() == publisher.database.read_bytes()
    assert db.main(["verify", "--db", str(whole), *WHEN]) == 0
    assert "is version 4, as it was signed" in capsys.readouterr().out
    left = list((publisher.at / "www" / "metadata").glob("*.targets.json"))
    assert len(left) == 2


def test_a_delta_that_can_not_be_had_is_no_loss(publisher: Publisher) -> None:
    publisher.export(NAMES)
    publisher.pull()
    publisher.export(NAMES[1:])
    (delta,) = (publisher.at / "www" / "targets").glob("*.delta-*")
    delta.unlink()
    assert publisher.pull() == 0
    with Database(publisher.database) as opened:
        assert publisher.held() == opened.content


def test_the_same_sources_make_the_same_bytes(publisher: Publisher) -> None:
    publisher.export(NAMES)
    first = publisher.database.read_bytes()
    publisher.export(NAMES)
    assert publisher.database.read_bytes() == first


def test_one_file_carries_it_to_where_no_network_is(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.export(NAMES)
    www, file = str(publisher.at / "www"), str(publisher.at / "out" / "b.tar")
    assert db.main(["export", "--from", www, "--to", file]) == 0
    first = Path(file).read_bytes()
    assert db.main(["export", "--from", www, "--to", file]) == 0
    assert Path(file).read_bytes() == first
    assert publisher.pull(file) == 0
    assert publisher.export(NAMES[:9], "two.tar") == 0
    assert publisher.pull(str(publisher.at / "two.tar")) == 0
    capsys.readouterr()
    assert publisher.pull(file) == 1
    err = capsys.readouterr().err
    assert "timestamp has version 1, which is older than version 2" in err
    assert "Someone may be serving old data again" in err


def test_over_http_with_a_cut(publisher: Publisher) -> None:
    publisher.export(NAMES)
    with serve(publisher.at / "www") as server:
        assert publisher.pull(server.url) == 0
        assert publisher.pull(f"{server.url}/nothing") == 3
    assert publisher.pull("http://mirror.example/x") == 2


@needs_registry
def test_through_a_registry(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    with served(publisher.at / "registry") as registry:
        name = f"oci://{registry.host}/security/advisories:latest"
        publisher.export(NAMES)
        www = str(publisher.at / "www")
        assert db.main(["export", "--from", www, "--to", name]) == 0
        assert publisher.pull(name) == 0
        publisher.export(NAMES[2:])
        assert db.main(["export", "--from", www, "--to", name]) == 0
        capsys.readouterr()
        assert publisher.pull(name) == 0
        assert "version 2: a delta" in capsys.readouterr().out
        assert publisher.pull(f"oci://{registry.host}/security/nothing:latest") == 3


def test_two_at_once(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    publisher.export(NAMES[:2])
    with state.locked(publisher.at / "c" / "c.db"):
        assert publisher.pull() == 3
    assert "renewed by another process" in capsys.readouterr().err
    assert publisher.pull() == 0


def test_status_tells_the_bundle(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    publisher.export(NAMES)
    publisher.pull()
    capsys.readouterr()
    file = str(publisher.at / "c" / "c.db")
    assert db.main(["status", "--db", file, "--json", "--now", "2026-11-24"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["content"] == told["bundle"]["content"]
    assert (told["bundle"]["version"], told["bundle"]["fault"]) == (1, "")
    assert told["bundle"]["until"] == "2026-12-01T12:00:00Z"
    assert db.main(["status", "--db", file, "--now", "2026-12-24"]) == 0
    out = capsys.readouterr().out
    assert "bundle version 1, signed by" in out
    assert "of a bundle that expired on 2026-12-01" in out


def test_keys_are_kept_from_others_and_rotate(publisher: Publisher) -> None:
    publisher.export(NAMES)
    publisher.pull()
    assert (publisher.keys / "root-1.pem").stat().st_mode & 0o077 == 0
    for role in ("root", "targets", "snapshot", "timestamp"):
        assert db.main(["keys", "--to", str(publisher.keys), "--rotate", role, *WHEN]) == 0
    assert db.main(["keys", "--to", str(publisher.keys), "--prolong", *WHEN]) == 0
    assert Keys(publisher.keys).root().version == 6
    assert publisher.export(NAMES[:5]) == 0
    assert publisher.pull() == 0
    assert db.main(["keys", "--to", str(publisher.keys), *WHEN]) == 2


def test_encrypted_and_openssl_keys(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    word = publisher.at / "word"
    word.write_text("correct horse\n")
    other = publisher.at / "other"
    other.mkdir()
    openssl = shutil.which("openssl")
    if openssl:
        subprocess.run(
            [openssl, "genpkey", "-algorithm", "ed25519", "-out", other / "targets.pem"], check=True
        )
    made = ["keys", "--to", str(other), "--passphrase-file", str(word), *WHEN]
    assert db.main(made) == 0
    assert b"ENCRYPTED" in (other / "root-1.pem").read_bytes()
    publisher.keys = other
    capsys.readouterr()
    assert publisher.export(NAMES[:2]) == 3
    assert "--passphrase-file" in capsys.readouterr().err
    assert publisher.export(NAMES[:2], "www", "--passphrase-file", str(word)) == 0


def test_thresholds_of_root_keys(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    keys = Keys(tmp_path / "k")
    with pytest.raises(UsageError, match="--threshold"):
        keys.create(Plan(roots=2, threshold=3), now)
    keys.create(Plan(roots=3, threshold=2), now)
    (tmp_path / "k" / "root-1.pem").rename(tmp_path / "away-1")
    (tmp_path / "k" / "root-2.pem").rename(tmp_path / "away-2")
    with pytest.raises(TrustError, match="1 valid signatures of the role root; it takes 2"):
        keys.prolong(now)
    (tmp_path / "away-1").rename(tmp_path / "k" / "root-1.pem")
    assert keys.prolong(now).version == 2
    assert len(keys.rotate("root", now).roles["root"].keyids) == 3


def test_refusals(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    publisher.export(NAMES[:2])
    assert db.main(["build", "x", "--to", str(publisher.database)]) == 2
    (publisher.at / "full").mkdir()
    (publisher.at / "full" / "file").write_text("mine")
    assert publisher.export(NAMES[:2], "full") == 3
    assert db.main(["export", "--from", str(publisher.at), "--to", "x.tar"]) == 2
    assert db.main(["verify", "--db", str(publisher.database)]) == 2
    assert publisher.pull(str(publisher.at / "nowhere")) == 2
    assert publisher.pull(str(publisher.database)) == 3
    assert publisher.export(NAMES[:2], "www", "--now", "soon") == 2
    (publisher.keys / "targets-1.pem").unlink()
    assert publisher.export(NAMES[:2]) == 2
    err = capsys.readouterr().err
    assert "no private key of the role targets" in err
    (publisher.keys / "version").write_text("many")
    assert publisher.export(NAMES[:2]) == 3
    with pytest.raises(InputError):
        publish.checked(publisher.at / "full")


def test_update_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from advisory_data import bucket

    www = tmp_path / "www"
    bucket(www, "npm", record("GHSA-1", "p", *span("1.0.0"), ecosystem="npm"))
    bucket(www, "PyPI", record("PYSEC-1", "q", *span("1.0")))
    (www / "ecosystems.txt").write_text("npm\nPyPI\nHex\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "requirements.txt").write_text("q==0.5\n")
    file = ["--db", str(tmp_path / "a.db")]
    with serve(www) as server:
        assert db.main(["update", *file, "--from", server.url]) == 2
        assert "no ecosystem is named" in capsys.readouterr().err
        assert (
            db.main(["update", *file, "--from", server.url, "--for", str(tmp_path / "shop")]) == 0
        )
        assert capsys.readouterr().out.startswith("PyPI: 1 records")
        assert db.main(["update", *file]) == 0
        assert capsys.readouterr().out == "PyPI: as it was\n"
        assert db.main(["update", *file, "--ecosystem", "all"]) == 3
        told = capsys.readouterr()
        assert "npm: 1 records" in told.out
        assert "keten: Hex was not renewed" in told.err
        assert db.main(["update", *file, "--kev", "http://mirror.example/kev"]) == 2
        assert db.main(["update", *file, "--for", "nowhere"]) == 2
