"""rpm's database: header blobs, and the three kinds of file that hold them.

``headers`` tells the kind by the first bytes. Nothing here trusts a length: each is checked
against the file before anything is read or made of it.
"""

from collections.abc import Iterator

from keten.errors import InputError
from keten.formats.rpmdb import berkeley, ndb, sqlite

_ADVICE = "See whether rpm itself can read it (rpmdb --verifydb); it may be cut short."


def headers(data: bytes) -> Iterator[bytes | str]:
    """Yield the header blob of each installed package, or what was wrong with one.

    InputError for what is none of rpm's databases, or is damaged where all depends on it.
    """
    if data.startswith(sqlite.MAGIC):
        return sqlite.blobs(data)
    if data.startswith(ndb.MAGIC):
        return ndb.blobs(data)
    if berkeley.takes(data):
        return berkeley.blobs(data)
    raise InputError("none of the kinds of database that rpm has had", advice=_ADVICE)
