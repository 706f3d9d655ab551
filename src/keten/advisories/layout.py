"""How the advisory database is laid out: see keten.advisories.store, which writes it."""

import zlib

import msgspec

from keten.advisories.records import Entry, Row

APPLICATION = 0x6B657431
SCHEMA = 2
BLOCK = 64
PACKED = 0x78  # first byte of a zlib stream; MessagePack of an array never begins so

TABLES = (
    "CREATE TABLE source (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE block (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    (
        "CREATE TABLE package (ecosystem TEXT, name TEXT, data BLOB NOT NULL, "
        "PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
    ),
    "CREATE TABLE exploited (cve TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE epss (cve TEXT PRIMARY KEY, score INTEGER NOT NULL) WITHOUT ROWID",
)

_EVENTS = frozenset("ifal")
_ENTRIES = msgspec.msgpack.Decoder(list[Entry])
_ROWS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ROW = msgspec.msgpack.Decoder(Row)


def unpack_entries(data: bytes) -> list[Entry]:
    """Return the entries in a ``package`` row."""
    found = _ENTRIES.decode(zlib.decompress(data) if data[:1] == bytes((PACKED,)) else data)
    for entry in found:
        for one in (*entry.ranges, *entry.custom):
            if not one or not one[0] or any(event[:1] not in _EVENTS for event in one[1:]):
                raise ValueError("a range that is none")
    return found


def unpack_rows(data: bytes) -> list[msgspec.Raw]:
    """Return the records in a ``block`` row, each as bytes that *unpack_row* takes."""
    return _ROWS.decode(zlib.decompress(data))


def unpack_row(data: msgspec.Raw | bytes) -> Row:
    """Return a record."""
    return _ROW.decode(data)
