"""Same input, same data: the same bytes, in whatever order files are listed or read."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Self

import pytest
from folder_scan import scan

from keten import plugs
from keten.config import Policy, load
from keten.errors import KetenError
from keten.model.plug import Report
from keten.model.result import Result, Style
from keten.pipeline import workers

ROOT = Path(__file__).parents[1]
NOW = date(2026, 11, 22)
FORMATS = plugs.names(Report)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy outside any checkout, so that keten's own history does not show in it."""
    at = tmp_path_factory.mktemp("estate") / "webshop"
    shutil.copytree(ROOT / "examples/webshop", at)
    return at


def result_of(at: Path) -> Result:
    policy: Policy = load(None, at)
    return scan(at, policy, database=None, now=NOW, progress=lambda *_: None)


def written(result: Result) -> dict[str, str]:
    return {name: "".join(plugs.load(Report, name).write(result, Style())) for name in FORMATS}


def test_twice(estate: Path) -> None:
    assert written(result_of(estate)) == written(result_of(estate))


def test_listed_in_another_order(estate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = written(result_of(estate))
    scandir = os.scandir

    class Backwards:
        def __init__(self, path: Any) -> None:
            self._entries = list(scandir(path))[::-1]

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self._entries)

    monkeypatch.setattr("keten.transport.files.os.scandir", Backwards)

    assert written(result_of(estate)) == plain


def test_in_many_processes(estate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = written(result_of(estate))
    monkeypatch.setattr(workers, "POOL_BYTES", 0)
    monkeypatch.setattr(workers, "BATCH_FILES", 3)

    assert written(result_of(estate)) == plain


def test_a_worker_that_is_ended_is_told(estate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "POOL_BYTES", 0)
    monkeypatch.setattr(workers, "BATCH_FILES", 3)
    monkeypatch.setattr(workers.Worker, "work", lambda *_: os._exit(9))

    with pytest.raises(KetenError, match="was ended from outside"):
        result_of(estate)
