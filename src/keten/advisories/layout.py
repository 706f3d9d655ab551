"""How the advisory database is laid out: see keten.advisories.store, which writes it."""

import zlib

import msgspec

from keten.advisories.records import Entry, Row

APPLICATION = 0x6B657431
SCHEMA = 3
PACKED = b"\x78"  # first byte of a zlib stream; MessagePack of an array never begins so

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE source (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE block (first INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    (
        "CREATE TABLE package (ecosystem TEXT, name TEXT, data BLOB NOT NULL, "
        "PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
    ),
    "CREATE TABLE exploited (cve TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE epss (cve TEXT PRIMARY KEY, score INTEGER NOT NULL) WITHOUT ROWID",
)

# What counts as content, in this order; meta only says what the digest of that is.
ORDERED: dict[str, str] = {
    "source": "SELECT number, data FROM source ORDER BY number",
    "block": "SELECT first, data FROM block ORDER BY first",
    "package": "SELECT ecosystem, name, data FROM package ORDER BY ecosystem, name",
    "exploited": "SELECT cve, added FROM exploited ORDER BY cve",
    "epss": "SELECT cve, score FROM epss ORDER BY cve",
}
MAX_INFLATED = 256 << 20
"""Bytes that one stored value may inflate to."""
_SAFE = MAX_INFLATED // 1100
"""What no stream of fewer bytes exceeds that: zlib makes at most 1,032 bytes of one."""

_EVENTS = frozenset("ifal")
_PLAIN = 3
_ENTRIES = msgspec.msgpack.Decoder(list[Entry])
_ROWS = msgspec.msgpack.Decoder(dict[int, msgspec.Raw])
_ROW = msgspec.msgpack.Decoder(Row)


def inflate(data: bytes) -> bytes:
    """Return what *data* unpacks to; ValueError where that is more than MAX_INFLATED."""
    if len(data) < _SAFE:
        return zlib.decompress(data)
    unpack = zlib.decompressobj()
    found = unpack.decompress(data, MAX_INFLATED)
    if unpack.unconsumed_tail or not unpack.eof:
        raise ValueError("a value that is cut short or too long")
    return found


def unpack_entries(data: bytes) -> list[Entry]:
    """Return the entries in a ``package`` row."""
    found = _ENTRIES.decode(inflate(data) if data[:1] == PACKED else data)
    for entry in found:
        for one in entry.ranges:
            if len(one) == _PLAIN and one[1] == "i0" and one[2][:1] == "f" and one[0]:
                continue  # most are this
            _check(one)
        for one in entry.custom:
            _check(one)
    return found


def _check(found: tuple[str, ...]) -> None:
    if not found or not found[0] or not {event[:1] for event in found[1:]} <= _EVENTS:
        raise ValueError("a range that is none")


def unpack_rows(data: bytes) -> dict[int, msgspec.Raw]:
    """Return the records in a ``block`` row by number, each as bytes that *unpack_row* takes."""
    return _ROWS.decode(inflate(data))


def unpack_row(data: msgspec.Raw | bytes) -> Row:
    """Return a record."""
    return _ROW.decode(data)
