"""Give every record its number, from what it is alone: so a small change stays a small change.

A number is 32 bits: 18 of the first package that a record names, 14 of its source and id. Where
two meet, the later one in the order of (number, source, id) moves up to the next free number.
Records of a package thus lie together (a look-up inflates one block, not one per record), and
a new record moves no other record's number but, rarely, a neighbour's. Numbered in their order
instead, one record more would change every block and every package after it.
"""

import sqlite3
from hashlib import blake2b

from keten.formats import osv

_PACKAGE_BITS, _RECORD_BITS = 18, 14
MOST = 1 << 40
"""No number is this large: so many records would have to move up."""
_SPREAD = 0x9E3779B1
_WORD = 0xFFFFFFFF
_CUT = 26  # of 32 bits: a block begins at one number in 64

TABLES = (
    "CREATE TABLE wish (slot INTEGER, source TEXT, id TEXT)",
    (
        "CREATE TABLE place (source TEXT, id TEXT, number INTEGER, "
        "PRIMARY KEY (source, id)) WITHOUT ROWID"
    ),
)
# The key of entry begins with (source, id): its first row of each has the least package.
_FIRST = (
    "SELECT row.source, row.id, min(ecosystem || char(0) || name) FROM row "
    "LEFT JOIN entry ON entry.source = row.source AND entry.id = row.id "
    "GROUP BY row.source, row.id ORDER BY row.source, row.id"
)


def begins(number: int) -> bool:
    """Return whether a block begins with the record of this number."""
    return (number * _SPREAD & _WORD) >> _CUT == 0


def slot(source: str, key: str, package: str) -> int:
    """Return the number that a record would like to have."""
    ecosystem, _, name = package.partition("\0")
    group = f"{osv.base(ecosystem)}\0{name}" if package else f"\0{key}"
    high = _bits(group, _PACKAGE_BITS)
    return high << _RECORD_BITS | _bits(f"{source}\0{key}", _RECORD_BITS)


def assign(db: sqlite3.Connection) -> None:
    """Fill the table ``place`` for all records of a stage."""
    db.execute("DELETE FROM wish")
    db.execute("DELETE FROM place")
    reader = db.cursor()
    reader.execute(_FIRST)
    db.executemany(
        "INSERT INTO wish VALUES (?, ?, ?)",
        ((slot(source, key, package or ""), source, key) for source, key, package in reader),
    )
    reader.execute("SELECT slot, source, id FROM wish ORDER BY slot, source, id")
    last = -1

    def numbered() -> "list[tuple[str, str, int]]":
        nonlocal last
        found = []
        for wish, source, key in reader.fetchmany(10_000):
            last = max(wish, last + 1)
            found.append((source, key, last))
        return found

    while rows := numbered():
        db.executemany("INSERT INTO place VALUES (?, ?, ?)", rows)


def _bits(text: str, bits: int) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest) >> (32 - bits)
