"""Read the advisory database: opened in well under a millisecond, never written to."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import msgspec

from keten.advisories.location import find
from keten.advisories.records import Entry, Row
from keten.advisories.source import DataSource
from keten.errors import DataError
from keten.formats import osv
from keten.model import result

if TYPE_CHECKING:
    from keten.advisories.state import Installed

MOST_BLOCKS = 200
AT_ONCE = 500
"""How many names one query asks for; each is a parameter, of which old SQLite takes 999."""
_AGAIN = "Make it again: keten db update, pull or import (keten db --help)."
# What decoding a damaged row raises (zlib.error is imported with the first database).
_DAMAGE = (msgspec.MsgspecError, TypeError, ValueError, IndexError)
_PACKAGE = "SELECT data FROM package WHERE ecosystem = ? AND name = ?"
_SOME = "SELECT name, data FROM package WHERE ecosystem = ? AND name IN"
_SOURCE = msgspec.msgpack.Decoder(DataSource)


class Database:
    """The advisory database at *path*. DataError where it is missing, damaged or not ours.

    Use it as a context, or close it. Answers are kept for the next time they are asked for.
    """

    def __init__(self, path: Path) -> None:
        import sqlite3
        import zlib

        from keten.advisories import layout

        self.path = path
        self._layout = layout
        self._faults = (sqlite3.Error, zlib.error, *_DAMAGE)
        if not path.is_file():
            raise DataError(
                f"{path}: there is no such advisory database",
                advice=f"keten db update, pull or import makes it, with --db {path}.",
            )
        where = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        try:
            self._db: sqlite3.Connection = sqlite3.connect(
                where, uri=True, isolation_level=None, check_same_thread=False
            )
            self._check()
        except sqlite3.Error as error:
            raise DataError(f"{path.name} is no advisory database: {error}", advice=_AGAIN) from (
                error
            )
        self._execute = self._db.execute
        self._packages: dict[tuple[str, str], tuple[Entry, ...]] = {}
        self._blocks: dict[int, dict[int, msgspec.Raw]] = {}
        self._latest: dict[int, msgspec.Raw] = {}
        self._rows: dict[int, Row] = {}
        self.asked: object = None  # the Lookup that keeps the answers: see lookup_in

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _check(self) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (schema,) = self._db.execute("PRAGMA user_version").fetchone()
        if application != self._layout.APPLICATION:
            raise DataError(f"{self.path.name} is no advisory database of keten", advice=_AGAIN)
        if schema != self._layout.SCHEMA:
            raise DataError(
                f"{self.path.name} has version {schema} of the database; this keten reads "
                f"version {self._layout.SCHEMA}",
                advice=_AGAIN,
            )

    @cached_property
    def _stored(self) -> tuple[DataSource, ...]:
        rows = self._ask("SELECT data FROM source ORDER BY number")
        found = tuple(self._read(_SOURCE.decode, data) for (data,) in rows)
        for source in found:
            if source.as_of != osv.day(source.as_of):
                raise self._damaged(f"{source.as_of!r} is no day")
        return found

    @cached_property
    def bundle(self) -> "Installed | None":
        """Return which signed bundle it was pulled from, None where it was made here."""
        from keten.advisories.state import installed

        return installed(self.path)

    @cached_property
    def _sources(self) -> tuple[DataSource, ...]:
        """Return the sources, with what the bundle's signature says of them."""
        bundle = self.bundle
        if bundle is None:
            return self._stored
        fault = ""
        if bundle.content != self.content:
            fault = f"are not those of the signed bundle, version {bundle.version}"
        return tuple(
            msgspec.structs.replace(source, until=bundle.until[:10], fault=fault)
            for source in self._stored
        )

    @classmethod
    def find(cls, named: Path | None = None) -> Self | None:
        """Return the database that was *named*, else the user's own; None where there is none.

        DataError where one that was named, by KETEN_DB too, is missing or can not be used.
        """
        path = find(named)
        return None if path is None else cls(path)

    def held(self) -> tuple[DataSource, ...]:
        """Return what was imported, by name: to know what is covered."""
        return self._sources

    def sources(self) -> tuple[result.DataSource, ...]:
        """Return the same as reports name it."""
        return tuple(
            result.DataSource(
                name=source.name,
                as_of=source.as_of,
                digest=source.digest,
                records=source.records,
                ecosystems=tuple(item.ecosystem for item in source.ecosystems),
                complete=source.complete,
            )
            for source in self.held()
        )

    def release(self) -> result.Bundle:
        """Return what names exactly this data, as reports do."""
        bundle = self.bundle
        if bundle is None or bundle.content != self.content:
            return result.Bundle(self.content)
        return result.Bundle(self.content, bundle.version, bundle.signers, bundle.until)

    def entries(self, ecosystem: str, name: str) -> tuple[Entry, ...]:
        """Return what the records say of a package, by OSV ecosystem and normalised name."""
        key = (ecosystem, name)
        found = self._packages.get(key)
        if found is None:
            try:
                row = self._execute(_PACKAGE, key).fetchone()
                found = tuple(self._layout.unpack_entries(row[0])) if row else ()
            except self._faults as error:
                raise self._damaged(error) from error
            self._packages[key] = found
        return found

    def prepare(self, ecosystem: str, names: set[str]) -> None:
        """Read at one go what the records say of many packages of one ecosystem."""
        wanted = sorted(name for name in names if (ecosystem, name) not in self._packages)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            self._packages.update(dict.fromkeys([(ecosystem, name) for name in some], ()))
            marks = ",".join("?" * len(some))
            for name, data in self._ask(f"{_SOME} ({marks})", (ecosystem, *some)):
                found = tuple(self._read(self._layout.unpack_entries, data))
                self._packages[ecosystem, name] = found

    def row(self, number: int) -> Row:
        """Return the record with a number that an entry names."""
        found = self._rows.get(number)
        if found is None:
            found = self._rows[number] = self._fetch(number)
        return found

    def _fetch(self, number: int) -> Row:
        packed = self._block(number).get(number)
        if packed is None:
            raise self._damaged(f"record {number} is missing")
        row: Row = self._read(self._layout.unpack_row, packed)
        if not 0 <= row.source < len(self.held()):
            raise self._damaged(f"record {number} is of no source")
        return row

    def _block(self, number: int) -> dict[int, msgspec.Raw]:
        """Return the block that the record of this number is in."""
        if number in self._latest:
            return self._latest
        found = self._ask(
            "SELECT first, data FROM block WHERE first <= ? ORDER BY first DESC LIMIT 1", (number,)
        )
        if not found:
            return {}
        first, data = found[0]
        rows = self._blocks.get(first)
        if rows is None:
            rows = self._read(self._layout.unpack_rows, data)
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            self._blocks[first] = rows
        self._latest = rows
        return rows

    def exploited(self, cve: str) -> str:
        """Return since when CISA knows that *cve* is exploited (YYYY-MM-DD), or ""."""
        return self._exploited.get(cve, "")

    @cached_property
    def _exploited(self) -> dict[str, str]:
        return dict(self._ask("SELECT cve, added FROM exploited"))

    @cached_property
    def _expects(self) -> bool:
        return any(source.kind == "epss" for source in self.held())

    def epss(self, cve: str) -> float | None:
        """Return the probability that *cve* is exploited within 30 days, or None."""
        if not self._expects:
            return None
        rows = self._ask("SELECT score FROM epss WHERE cve = ?", (cve,))
        return rows[0][0] / 100_000 if rows else None

    @cached_property
    def content(self) -> str:
        """Return the digest of what it holds, as it was when it was written."""
        rows = self._ask("SELECT value FROM meta WHERE key = 'content'")
        if not rows:
            raise self._damaged("it does not name its content")
        return str(rows[0][0])

    def measure(self) -> str:
        """Return the digest of what it holds, by reading all of it."""
        from keten.advisories.content import measure

        return measure(self._db, self.path.name)

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield what a query of layout.ORDERED finds, without keeping it."""
        try:
            yield from self._db.cursor().execute(sql)
        except self._faults as error:
            raise self._damaged(error) from error

    def stage(self, stage: Any) -> None:
        """Hand all of it to a Stage, to be written anew with something more."""
        try:
            stage.carry(self._db, self._stored)
        except self._faults as error:
            raise self._damaged(error) from error

    def _ask(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except self._faults as error:
            raise self._damaged(error) from error

    def _read(self, decode: Any, data: bytes) -> Any:
        try:
            return decode(data)
        except self._faults as error:
            raise self._damaged(error) from error

    def _damaged(self, error: object) -> DataError:
        return DataError(f"{self.path.name} is damaged: {error}", advice=_AGAIN)
