"""What a scan whose answer is in the cache does not import, and the digest of its readers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from image_builder import build

from keten.pipeline.cache import Cache
from keten.pipeline.images import versions

ROOT = Path(__file__).parents[1]
SLOW = {
    "ast", "asyncio", "bz2", "cryptography", "dataclasses", "email", "http", "hyperscan", "inspect",
    "logging", "lzma", "multiprocessing", "packaging", "pysequoia", "re2", "shutil", "sqlite3",
    "tempfile", "tomllib", "typing_extensions", "xml", "yaml", "zstandard",
    "keten.advisories.database", "keten.advisories.lookup", "keten.derive.objects",
    "keten.derive.priority", "keten.formats.archives.tar", "keten.pipeline.images.collect",
    "keten.pipeline.read", "keten.remedy.upgrade", "keten.secrets.engine",
    "keten.transport.image.archive", "keten.transport.image.layers",
}  # fmt: skip
JUDGING = {
    "keten.derive.rulings", "keten.derive.vulnerabilities", "keten.graph.store",
    "keten.model.nodes", "keten.pipeline.conclude", "keten.pipeline.flow",
    "keten.pipeline.judge", "keten.pipeline.wire", "keten.remedy.actions", "locale",
}  # fmt: skip
STATUS = (
    "Package: sh\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n"
    "Description: a shell\n\n"
)


def scanned(target: Path, cache: Path, day: str = "2026-11-23") -> tuple[str, set[str]]:
    """Scan in a process; return what it printed, and the modules it had imported."""
    code = (
        "import sys; before = set(sys.modules); from keten.cli import main; "
        f"main(['scan', {str(target)!r}, '--quiet', '--now', {day!r}]); "
        "print(); print(*(set(sys.modules) - before))"
    )
    told = {k: v for k, v in os.environ.items() if k not in {"KETEN_DB", "COLUMNS"}}
    environment = {
        **told, "PYTHONPATH": str(ROOT / "src"), "KETEN_CACHE": str(cache),
        "XDG_DATA_HOME": str(cache),
    }  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", code],
        check=True, capture_output=True, text=True, env=environment, cwd=cache,
    )  # fmt: skip
    *printed, modules = run.stdout.splitlines()
    return "\n".join(printed), set(modules.split())


def test_a_second_scan_imports_nothing_that_reads_or_judges(tmp_path: Path) -> None:
    target = build(tmp_path / "image", [[("var/lib/dpkg/status", "file", STATUS)]]).path
    cache = tmp_path / "cache"
    cache.mkdir()

    first, reading = scanned(target, cache)
    second, modules = scanned(target, cache)
    _, judging = scanned(target, cache, "2026-11-24")

    assert first == second
    assert "keten.transport.image.layers" in reading, "the first one had to read"
    assert judging >= JUDGING - {"locale"}, "another day had to be judged"
    assert not SLOW & judging
    assert not (SLOW | JUDGING) & modules


def test_the_digest_of_the_readers_is_that_of_their_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Cache(tmp_path)
    monkeypatch.setattr(versions, "_KNOWN", {})

    first = versions.fingerprint(kept)
    versions._KNOWN.clear()
    with monkeypatch.context() as without:
        without.setattr(versions, "_read", lambda *_: "read again")
        remembered = versions.fingerprint(kept)

    root = str(ROOT / "src/keten")
    everything = versions._files(root)
    rooms = tuple(f"{root}/{room}/" for room in versions.ROOMS)
    reading = [file for file in everything if file[0].startswith(rooms)]
    assert first == remembered == versions._read(root, reading)
    assert versions.whole(kept) == versions._read(root, everything) != first


def test_a_reader_that_was_written_again_has_another_digest(
    tmp_path: Path,
) -> None:
    reader = tmp_path / "readers" / "one.py"
    reader.parent.mkdir()
    reader.write_text("1")
    files = versions._files.__wrapped__
    before = files(str(tmp_path))
    digest = versions._read(str(tmp_path), before)

    reader.write_text("23")

    after = files(str(tmp_path))
    assert [path for path, *_ in before] == [path for path, *_ in after] == [str(reader)]
    assert before != after
    assert digest != versions._read(str(tmp_path), after)
