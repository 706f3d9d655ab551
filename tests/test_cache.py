"""What was read once is kept: whole, bounded, and safe for several processes."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keten.pipeline.cache import ENTRY, Cache, default_folder, key


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_put_is_got(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(key("a"), b"data")
    assert cache.get(key("a")) == b"data"
    assert cache.get(key("b")) is None
    assert Cache(tmp_path).get(key("a")) == b"data"


def test_without_a_folder_nothing_is_kept() -> None:
    cache = Cache(None)
    cache.put(key("a"), b"data")
    assert cache.get(key("a")) is None
    cache.trim()


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d[:20], lambda _: b"", lambda d: d + b"x"]
)
def test_a_damaged_entry_is_none_and_goes(damage: object, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(key("a"), b"data")
    (entry,) = files(tmp_path)
    assert callable(damage)
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.get(key("a")) is None
    assert files(tmp_path) == []


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ceiling=1000)
    for number in range(9):
        cache.put(key(str(number)), bytes(200))
        (entry,) = set(files(tmp_path)) - {p for p in files(tmp_path) if p.stat().st_mtime < 9e8}
        os.utime(entry, (number, number))
    cache.get(key("0"))
    cache.trim()
    kept = [n for n in range(9) if cache.get(key(str(n)))]
    assert kept[0] == 0
    assert kept[-1] == 8
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 1000


def test_what_was_left_behind_goes_after_an_hour(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(key("a"), b"data")
    (entry,) = files(tmp_path)
    old, new = entry.with_name(".old"), entry.with_name(".new")
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.trim()
    assert not old.exists()
    assert new.exists()


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ceiling=10)
    cache.put(key("a"), bytes(11))
    assert cache.get(key("a")) is None
    assert ENTRY > 0


def test_a_folder_that_can_not_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file")
    cache.put(key("a"), b"data")
    assert cache.get(key("a")) is None
    cache.trim()


def _hammer(folder: str, number: int) -> None:
    cache = Cache(Path(folder), ceiling=4000)
    for turn in range(60):
        name = key(str((turn * 7 + number) % 12))
        cache.put(name, name.encode() * 8)
        found = cache.get(name)
        assert found in (None, name.encode() * 8)
        if turn % 9 == number:
            cache.trim()


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_hammer, args=(str(tmp_path), n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4


@given(st.lists(st.lists(st.text(max_size=3), max_size=3), max_size=3, unique_by=repr))
def test_different_parts_have_different_names(parts: list[list[str]]) -> None:
    names = [key(*part) for part in parts] + [key(part) for part in parts if len(part) > 1]
    assert len(set(names)) == len(names)


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KETEN_CACHE", "")
    assert default_folder() is None
    monkeypatch.setenv("KETEN_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("KETEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "keten"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache/keten"
