"""Write the advisory database: one SQLite file, sorted, the same bytes for the same data.

``meta``       ``content``: the digest of all the rest (keten.advisories.content)
``source``     what was imported: a DataSource each, by name; KEV and EPSS last
``block``      records (Row) by number, some dozens at a time, deflated, under the first number
``package``    (ecosystem, name) to the entries of all its records, by row number
``exploited``  CVEs that CISA knows to be exploited, and since when
``epss``       CVE to the probability of exploitation within 30 days, in 1/100,000

Everything is first staged in a second file, so that memory does not grow with the data, then
written in order, then put in the place of the old file in one step.
"""

import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Self

import msgspec

from keten.advisories import placing
from keten.advisories.content import Content
from keten.advisories.layout import (
    APPLICATION,
    SCHEMA,
    TABLES,
    unpack_entries,
    unpack_row,
    unpack_rows,
)
from keten.advisories.records import Entry, Row
from keten.advisories.source import DataSource
from keten.errors import DataError

_WORTH = 400
_PAGE = 16384  # a block is half of 4096, and two of them fit no such page
_VERSION_AT, _VERSION = 96, (3_040_000).to_bytes(4)  # SQLite's file format 1.3: who wrote it
_STAGE = (
    (
        "CREATE TABLE row (source TEXT, id TEXT, modified TEXT, data BLOB, "
        "PRIMARY KEY (source, id)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE entry (source TEXT, id TEXT, ecosystem TEXT, name TEXT, data BLOB, "
        "PRIMARY KEY (source, id, ecosystem, name)) WITHOUT ROWID"
    ),
    *TABLES[4:],
    *placing.TABLES,
)

_ENTRIES = msgspec.msgpack.Decoder(list[Entry])
_pack = msgspec.msgpack.encode


def _short(entry: Entry, number: int) -> list[object]:
    """Return an entry of row *number* as an array without the defaults at its end."""
    parts = [number, *msgspec.structs.astuple(entry)[1:]]
    while parts and not parts[-1]:
        parts.pop()
    return parts or [0]


class Stage:
    """A database in the making; use it as a context, then *write*."""

    def __init__(self, beside: Path) -> None:
        self.sources: dict[str, DataSource] = {}
        handle, name = tempfile.mkstemp(dir=beside, prefix=".keten-stage-")
        os.close(handle)
        self._path = Path(name)
        self._db = sqlite3.connect(name, isolation_level=None)
        for line in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32000"):
            self._db.execute(f"PRAGMA {line}")
        for line in _STAGE:
            self._db.execute(line)
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(
        self,
        source: str,
        row: Row,
        modified: str,
        *,
        per_package: dict[tuple[str, str], list[Entry]],
    ) -> bool:
        """Take a record in; of two with one id in a source the later modified stays.

        Return whether it was new.
        """
        found = self._db.execute(
            "SELECT modified, data FROM row WHERE source = ? AND id = ?", (source, row.id)
        ).fetchone()
        data = _pack(row)
        if found is not None:
            if (modified, data) <= (found[0], found[1]):
                return False
            for table in ("row", "entry"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE source = ? AND id = ?",  # noqa: S608 our own names
                    (source, row.id),
                )
        self._db.execute("INSERT INTO row VALUES (?, ?, ?, ?)", (source, row.id, modified, data))
        self._db.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
            ((source, row.id, eco, name, _pack(e)) for (eco, name), e in per_package.items()),
        )
        return found is None

    def forget(self, source: str) -> None:
        """Leave out what was taken in from *source*."""
        for table in ("row", "entry"):
            self._db.execute(f"DELETE FROM {table} WHERE source = ?", (source,))  # noqa: S608 ours
        self.sources.pop(source, None)

    def exploit(self, rows: Iterable[tuple[str, str]]) -> None:
        """Put (CVE, day added) in the place of what was known to be exploited."""
        self._db.execute("DELETE FROM exploited")
        self._db.executemany("INSERT OR REPLACE INTO exploited VALUES (?, ?)", rows)

    def expect(self, rows: Iterable[tuple[str, int]]) -> None:
        """Put (CVE, probability in 1/100,000) in the place of what was known."""
        self._db.execute("DELETE FROM epss")
        self._db.executemany("INSERT OR REPLACE INTO epss VALUES (?, ?)", rows)

    def carry(self, old: sqlite3.Connection, sources: Iterable[DataSource]) -> None:
        """Take over all of an older database; *sources* are its own, in its order."""
        names = [source.name for source in sources]
        self.sources.update((source.name, source) for source in sources)
        owners: dict[int, tuple[str, str]] = {}
        for (data,) in old.execute("SELECT data FROM block ORDER BY first"):
            for number, packed in unpack_rows(data).items():
                row = unpack_row(packed)
                owners[number] = owner = (names[row.source], row.id)
                self._db.execute("INSERT INTO row VALUES (?, ?, '', ?)", (*owner, _pack(row)))
        for eco, name, data in old.execute("SELECT ecosystem, name, data FROM package"):
            for number, group in groupby(unpack_entries(data), key=lambda e: e.row):
                self._db.execute(
                    "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
                    (*owners[number], eco, name, _pack(list(group))),
                )
        self.exploit(old.execute("SELECT cve, added FROM exploited"))
        self.expect(old.execute("SELECT cve, score FROM epss"))

    def write(self, path: Path) -> str:
        """Write the database to *path*, in the place of what was there; return its digest."""
        return assemble(path, self._tables())

    def _tables(self) -> dict[str, Iterable[tuple[object, ...]]]:
        """Return what each table will hold, in the order of layout.ORDERED."""
        placing.assign(self._db)
        # Records name their source by its place: what has no records comes last, moving none.
        order = sorted(self.sources, key=lambda name: (self.sources[name].kind != "osv", name))
        return {
            "source": ((i, _pack(self.sources[key])) for i, key in enumerate(order)),
            "block": self._blocks(order),
            "package": self._packages(),
            "exploited": self._db.execute("SELECT cve, added FROM exploited ORDER BY cve"),
            "epss": self._db.execute("SELECT cve, score FROM epss ORDER BY cve"),
        }

    def _blocks(self, order: list[str]) -> Iterator[tuple[int, bytes]]:
        place = {name: i for i, name in enumerate(order)}
        rows = self._db.cursor().execute(
            "SELECT number, source, data FROM place JOIN row USING (source, id) ORDER BY number"
        )
        return blocks(
            (number, msgspec.structs.replace(unpack_row(data), source=place[source]))
            for number, source, data in rows
        )

    def _packages(self) -> Iterator[tuple[str, str, bytes]]:
        rows = self._db.cursor().execute(
            "SELECT ecosystem, name, number, data FROM entry JOIN place USING (source, id) "
            "ORDER BY 1, 2, 3"
        )
        for (eco, name), group in groupby(rows, key=lambda r: (r[0], r[1])):
            entries = [
                _short(entry, number)
                for _, _, number, data in group
                for entry in _ENTRIES.decode(data)
            ]
            yield eco, name, squeeze(_pack(entries))


def assemble(path: Path, tables: dict[str, Iterable[tuple[object, ...]]], expect: str = "") -> str:
    """Write a database of *tables* (as layout.ORDERED has them) to *path* in one step.

    Return the digest of its content. DataError, and nothing is written, where that is not
    what was expected.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keten-new-")
    os.close(handle)
    fresh = Path(name)
    try:
        digest = _fill(name, tables)
        if expect and digest != expect:
            raise DataError(f"what was made holds {digest}; it was to hold {expect}")
        with fresh.open("r+b") as file:
            file.seek(_VERSION_AT)
            file.write(_VERSION)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return digest


def _fill(name: str, tables: dict[str, Iterable[tuple[object, ...]]]) -> str:
    db = sqlite3.connect(name, isolation_level=None)
    try:
        for line in (
            f"page_size={_PAGE}",
            "journal_mode=OFF",
            "synchronous=OFF",
            "encoding='UTF-8'",
            f"application_id={APPLICATION}",
            f"user_version={SCHEMA}",
        ):
            db.execute(f"PRAGMA {line}")
        for line in TABLES:
            db.execute(line)
        db.execute("BEGIN")
        content = Content()
        for table, rows in tables.items():
            marks = ", ".join("?" * (3 if table == "package" else 2))
            sql = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 our own names
            db.executemany(sql, content.through(table, rows))
        db.execute("INSERT INTO meta VALUES ('content', ?)", (content.digest(),))
        db.execute("COMMIT")
        db.execute("VACUUM")
    finally:
        db.close()
    return content.digest()


def blocks(rows: Iterable[tuple[int, object]]) -> Iterator[tuple[int, bytes]]:
    """Yield the ``block`` rows that records, in the order of their numbers, make."""
    block: dict[int, object] = {}
    for number, row in rows:
        if block and placing.begins(number):
            yield next(iter(block)), zlib.compress(_pack(block), 9)
            block = {}
        block[number] = row
    if block:
        yield next(iter(block)), zlib.compress(_pack(block), 9)


def squeeze(data: bytes) -> bytes:
    """Return the entries of a package as they are stored."""
    return zlib.compress(data, 9) if len(data) > _WORTH else data
