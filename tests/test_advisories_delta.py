"""Deltas: old and delta make exactly new, whatever changed; bytes that are none are refused."""

import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from advisory_data import folder, record, span
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.advisories import delta, imports, layout, placing
from keten.advisories.database import Database
from keten.advisories.layout import ORDERED, unpack_rows
from keten.advisories.store import blocks
from keten.errors import DataError, InputError


def build(at: Path, names: list[str], suffix: str = "") -> Database:
    made: list[dict[str, Any]] = [
        record(f"R-{name}", f"p{name[:2]}", *span("1.0"), summary=f"{name}{suffix}")
        for name in names
    ]
    imports.run([folder(at / "records", *made)], at / "a.db", imports.Claim(complete=("PyPI",)))
    return Database(at / "a.db")


def content(database: Database) -> list[list[tuple[Any, ...]]]:
    return [list(database.rows(sql)) for sql in ORDERED.values()]


NAMES = [f"{i:04d}" for i in range(600)]


def changed(at: Path) -> tuple[Database, Database]:
    old = build(at / "old", NAMES)
    new = build(at / "new", [*NAMES[3:590], "7777", "8888"])
    return old, new


def test_old_and_delta_make_new_to_the_byte(tmp_path: Path) -> None:
    old, new = changed(tmp_path)
    data = delta.make(old, new)

    digest = delta.apply(old, [delta.read(data)], tmp_path / "made.db")

    assert digest == new.content
    assert (tmp_path / "made.db").read_bytes() == new.path.read_bytes()
    assert len(data) < new.path.stat().st_size / 3


def test_several_in_a_row(tmp_path: Path) -> None:
    old, new = changed(tmp_path)
    third = build(tmp_path / "third", NAMES[:300], "!")
    steps = [delta.read(delta.make(a, b)) for a, b in ((old, new), (new, third))]

    assert delta.apply(old, steps, tmp_path / "made.db") == third.content
    assert (tmp_path / "made.db").read_bytes() == third.path.read_bytes()
    with pytest.raises(DataError, match="do not follow"):
        delta.apply(old, steps[::-1], tmp_path / "other.db")


def test_a_delta_that_lies_writes_nothing(tmp_path: Path) -> None:
    old, new = changed(tmp_path)
    lie = msgspec.structs.replace(delta.read(delta.make(old, new)), rows_gone=())

    with pytest.raises(DataError, match="it was to hold"):
        delta.apply(old, [lie], tmp_path / "made.db")
    assert not (tmp_path / "made.db").exists()


RAW = {n: msgspec.Raw(msgspec.msgpack.encode([str(n)])) for n in range(4000)}
numbers = st.lists(st.integers(0, 400), unique=True).map(sorted)


@settings(max_examples=300, deadline=None)
@given(numbers, numbers, st.integers(1, 9))
def test_blocks_are_cut_the_same_however_they_came(
    before: list[int], after: list[int], stride: int
) -> None:
    old = {n * stride: RAW[n * stride] for n in before}
    new = {n * stride: RAW[n * stride] for n in after}

    class Old:
        def rows(self, _: str) -> Any:
            return blocks(sorted(old.items()))

    gone = set(old) - set(new)
    fresh = {n: new[n] for n in set(new) - set(old)}
    got = list(delta._blocks(Old(), gone, fresh))  # type: ignore[arg-type]
    assert got == list(blocks(sorted(new.items())))


def test_numbers_hold_still(tmp_path: Path) -> None:
    with build(tmp_path / "a", NAMES) as one, build(tmp_path / "b", [*NAMES, "xxxx"]) as two:
        held = [
            {n for _, data in db.rows(ORDERED["block"]) for n in unpack_rows(data)}
            for db in (one, two)
        ]
    assert len(held[1]) == 601
    assert len(held[0] - held[1]) <= 1
    assert placing.slot("s", "A", "Debian:12\0x") >> 14 == (
        placing.slot("t", "B", "Debian:11\0x") >> 14
    )


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), packed=st.booleans())
def test_bytes_that_are_no_delta(data: bytes, *, packed: bool) -> None:
    with pytest.raises(InputError):
        delta.read(zlib.compress(data) if packed else data)


_REAL: list[bytes] = []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutated_deltas(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        at = Path(name)
        if not _REAL:
            old, new = build(at / "o", NAMES[:9]), build(at / "n", NAMES[3:12])
            _REAL.extend([zlib.decompress(delta.make(old, new)), old.path.read_bytes()])
        real = bytearray(_REAL[0])
        for _ in range(data.draw(st.integers(1, 4))):
            real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
        (at / "old.db").write_bytes(_REAL[1])
        try:
            found = delta.read(zlib.compress(bytes(real)))
            with Database(at / "old.db") as opened:
                delta.apply(opened, [found], at / "made.db")
        except (InputError, DataError):
            assert not (at / "made.db").exists()


def test_a_delta_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_INFLATED", 5 << 20)
    monkeypatch.setattr(layout, "_SAFE", 1 << 10)
    with pytest.raises(InputError, match="cut short or too long"):
        delta.read(zlib.compress(bytes(6 << 20), 1))
