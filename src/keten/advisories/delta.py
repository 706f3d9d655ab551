"""What changed from one database to another, by record and package; and that put into effect.

A delta is deflated MessagePack of a Delta. It is applied row by row: a block that no record of
it falls into is copied as it is. What comes out must have the digest that the delta (and, above
it, a signature) promises, or nothing is written.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from keten.advisories import placing
from keten.advisories.database import Database
from keten.advisories.layout import ORDERED, PACKED, SCHEMA, inflate, unpack_rows
from keten.advisories.store import assemble, blocks, squeeze
from keten.errors import CeilingError, DataError, InputError

MAX_DELTA = 64 << 20
FORMAT = "keten delta 1"
_TOP = 1 << 62
_pack = msgspec.msgpack.encode
_Key = tuple[str, str]
_Rows = Iterable[tuple[Any, ...]]


class Change(Struct, frozen=True, array_like=True):
    """The changes of the small tables: what is *gone*, and what is *new* or other, by key."""

    gone: tuple[str, ...] = ()
    new: dict[str, str | int] = {}


class Delta(Struct, frozen=True, array_like=True):
    """Of ``begin`` (a content digest) it makes ``end``. *sources* replace all there were."""

    format: str
    schema: int
    begin: str
    end: str
    sources: tuple[bytes, ...]
    rows_gone: tuple[int, ...]
    rows: dict[int, Raw]
    packages_gone: tuple[_Key, ...]
    packages: tuple[tuple[str, str, bytes], ...]
    exploited: Change
    epss: Change


_DECODER = msgspec.msgpack.Decoder(Delta)


def make(old: Database, new: Database) -> bytes:
    """Return the delta from *old* to *new*."""
    before, after = _records(old), _records(new)
    gone, rows = _differ(before, after)
    lost, packages = _differ(_packages(old), _packages(new))
    delta = Delta(
        FORMAT,
        SCHEMA,
        old.content,
        new.content,
        tuple(data for _, data in new.rows(ORDERED["source"])),
        tuple(gone),
        {number: Raw(data) for number, data in rows.items()},
        tuple(lost),
        tuple((*key, data) for key, data in packages.items()),
        *(Change(*_change(old, new, table)) for table in ("exploited", "epss")),
    )
    return zlib.compress(_pack(delta), 9)


def read(data: bytes) -> Delta:
    """Return the delta in *data*; InputError where it is none."""
    if len(data) > MAX_DELTA:
        raise CeilingError(f"a delta of {len(data)} bytes; at most {MAX_DELTA} are read")
    try:
        found = _DECODER.decode(inflate(data))
    except (msgspec.MsgspecError, zlib.error, ValueError, RecursionError) as error:
        raise InputError(f"no delta of an advisory database: {error}") from error
    if found.format != FORMAT or found.schema != SCHEMA:
        raise InputError(f"a delta of another format or schema: {found.format[:40]!r}")
    return found


def apply(old: Database, deltas: Sequence[Delta], path: Path) -> str:
    """Write to *path* what *deltas*, one after the other, make of *old*; return its digest.

    DataError, and nothing is written, where it is not what the last of them promises.
    """
    at = old.content
    for delta in deltas:
        if delta.begin != at:
            raise DataError("the deltas do not follow from what the database holds")
        at = delta.end
    gone: set[int] = set()
    rows: dict[int, Raw] = {}
    lost: set[_Key] = set()
    packages: dict[_Key, bytes] = {}
    small: dict[str, tuple[set[str], dict[str, str | int]]] = {
        "exploited": (set(), {}),
        "epss": (set(), {}),
    }
    for delta in deltas:
        _overlay(gone, rows, delta.rows_gone, delta.rows)
        _overlay(lost, packages, delta.packages_gone, {(e, n): d for e, n, d in delta.packages})
        _overlay(*small["exploited"], delta.exploited.gone, delta.exploited.new)
        _overlay(*small["epss"], delta.epss.gone, delta.epss.new)
    kept = ((row[:2], row[2:]) for row in old.rows(ORDERED["package"]))
    return assemble(
        path,
        {
            "source": enumerate(deltas[-1].sources),
            "block": _blocks(old, gone, rows),
            "package": (
                (*key, *rest)
                for key, rest in _merged(
                    kept, lost, {k: (squeeze(d),) for k, d in packages.items()}
                )
            ),
            **{table: _small(old, table, *small[table]) for table in ("exploited", "epss")},
        },
        at,
    )


def _overlay(
    gone: set[Any], new: dict[Any, Any], removed: Iterable[Any], changed: dict[Any, Any]
) -> None:
    for key in removed:
        gone.add(key)
        new.pop(key, None)
    new.update(changed)


def _records(database: Database) -> Iterator[tuple[int, bytes]]:
    for _, data in database.rows(ORDERED["block"]):
        for number, row in sorted(unpack_rows(data).items()):
            yield number, bytes(row)


def _packages(database: Database) -> Iterator[tuple[_Key, bytes]]:
    for ecosystem, name, data in database.rows(ORDERED["package"]):
        yield (ecosystem, name), inflate(data) if data[:1] == PACKED else data


def _change(old: Database, new: Database, table: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    gone, changed = _differ(iter(old.rows(ORDERED[table])), iter(new.rows(ORDERED[table])))
    return tuple(gone), changed


def _differ(
    old: Iterator[tuple[Any, Any]], new: Iterator[tuple[Any, Any]]
) -> tuple[list[Any], dict[Any, Any]]:
    """Return the keys that are gone, and what is new or other; both iterators are in order."""
    gone: list[Any] = []
    changed: dict[Any, Any] = {}
    mine, theirs = next(old, None), next(new, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs[0]):
            assert mine is not None
            gone.append(mine[0])
            mine = next(old, None)
        elif mine is None or theirs[0] < mine[0]:
            changed[theirs[0]] = theirs[1]
            theirs = next(new, None)
        else:
            if mine[1] != theirs[1]:
                changed[theirs[0]] = theirs[1]
            mine, theirs = next(old, None), next(new, None)
    return gone, changed


def _merged(
    old: Iterable[tuple[Any, Any]], gone: set[Any], new: dict[Any, Any]
) -> Iterator[tuple[Any, Any]]:
    """Yield *old* without what is *gone*, with what is *new* in its place, in order."""
    fresh = iter(sorted(new.items()))
    add = next(fresh, None)
    for key, value in old:
        while add is not None and add[0] < key:
            yield add
            add = next(fresh, None)
        if add is not None and add[0] == key:
            yield add
            add = next(fresh, None)
        elif key not in gone:
            yield key, value
    while add is not None:
        yield add
        add = next(fresh, None)


def _small(
    old: Database, table: str, gone: set[str], new: dict[str, str | int]
) -> Iterator[tuple[Any, Any]]:
    return _merged(iter(old.rows(ORDERED[table])), gone, new)


def _blocks(old: Database, gone: set[int], new: dict[int, Raw]) -> Iterator[tuple[int, bytes]]:
    """Yield the blocks anew; one that nothing falls into as it was.

    A block that was copied is held back until it is known that the next record begins another:
    where a block's first record is gone, the rest of it belongs to the block before.
    """
    touched = sorted({*gone, *new})
    at = 0
    held: tuple[int, bytes] | None = None
    open_: dict[int, Raw] = {}
    for (first, data), after in _pairs(old.rows(ORDERED["block"])):
        begin = at
        while at < len(touched) and touched[at] < after:
            at += 1
        if begin == at:
            yield from blocks(open_.items())
            open_ = {}
            if held is not None:
                yield held
            held = (first, data)
            continue
        fresh = {number: new[number] for number in touched[begin:at] if number in new}
        rows = dict(_merged(sorted(unpack_rows(data).items()), gone, fresh))
        if rows and held is not None:
            if placing.begins(next(iter(rows))):
                yield held
            else:
                open_ = unpack_rows(held[1])
            held = None
        open_.update(rows)
    if held is not None:
        yield held
    rest = {number: new[number] for number in touched[at:] if number in new}
    open_.update(rest)
    yield from blocks(open_.items())


def _pairs(rows: _Rows) -> Iterator[tuple[tuple[int, bytes], int]]:
    """Yield each block, and where the next begins."""
    last: tuple[Any, ...] | None = None
    for row in rows:
        if last is not None:
            yield (last[0], last[1]), row[0]
        last = row
    if last is not None:
        yield (last[0], last[1]), _TOP
