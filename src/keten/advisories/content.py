"""Name the content of a database by one digest: what it says, not how it is packed.

SHA-256 over the schema and every row of every table, in order, each as the MessagePack array
[table, column…] with what is deflated inflated. So it is the same for whatever SQLite and zlib
wrote the file, and a database that grew by deltas has the digest of one that was built at once.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from keten.advisories.layout import ORDERED, PACKED, SCHEMA, TABLES, inflate
from keten.errors import DataError

_pack = msgspec.msgpack.encode
_HEAD = b"keten advisory database\0"


class Content:
    """The digest in the making: *take* each row as it is stored, table by table in ORDERED."""

    def __init__(self) -> None:
        self._hash = sha256(_HEAD + _pack(SCHEMA))

    def take(self, table: str, row: tuple[Any, ...]) -> None:
        """Take in one row."""
        if table == "block" or (table == "package" and row[-1][:1] == PACKED):
            row = (*row[:-1], inflate(row[-1]))
        self._hash.update(_pack((table, *row)))

    def through(self, table: str, rows: Any) -> Iterator[tuple[Any, ...]]:
        """Yield *rows* unchanged, having taken each in."""
        for row in rows:
            self.take(table, row)
            yield row

    def digest(self) -> str:
        """Return ``sha256:`` and the digest in hexadecimal."""
        return f"sha256:{self._hash.hexdigest()}"


def measure(db: sqlite3.Connection, name: str) -> str:
    """Return the digest of all that a database holds, read anew; DataError where it is damaged.

    What has any table, index or trigger more than it should is damaged too.
    """
    try:
        made = sorted(sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql <> ''"))
        if made != sorted(TABLES):
            raise DataError(f"{name} holds other tables than an advisory database has")
        (fault,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if fault != "ok":
            raise DataError(f"{name} is damaged: {fault}")
        content = Content()
        for table, sql in ORDERED.items():
            for row in db.execute(sql):
                content.take(table, row)
    except (sqlite3.Error, zlib.error, ValueError, TypeError) as error:
        raise DataError(f"{name} is damaged: {error}") from error
    return content.digest()
