"""rpm's database: what is installed on Red Hat's, SUSE's and their relatives' systems.

A hash table of Berkeley DB, rpm's own format (ndb) or a table of SQLite. It is large and nearly
all of it is not needed: what is, is kept while the layer streams by.
"""

from keten.formats.licences import licenses
from keten.formats.rpmdb import installed
from keten.formats.rpmdb.header import Installed as Row
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import Installed, contents
from keten.readers.system._rpm import add

_WAL = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_NAMES = ("Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal")


def sift(data: bytes) -> bytes:
    """Return what is kept of a database; of a log of changes to it, its first bytes."""
    return bytes(data[:4]) if data[:4] in _WAL else installed.sift(bytes(data))


def read(source: Source) -> Facts:
    """Return the packages that are installed, their files and what each requires."""
    draft = Installed(source, ecosystem="rpm", by="system/rpm")
    if source.data in _WAL:
        draft.problem(
            "changes to rpm's database that are not in it yet: they are not read",
            advice="Have rpm finish them (rpmdb --rebuilddb) before the image is made.",
        )
        return draft.facts()
    found = installed.restore(source.data)
    for what in found.problems:
        draft.problem(what)
    keys = [_add(draft, row) for row in found.packages]
    for key, row in zip(keys, found.packages, strict=True):
        for other in row.requires:
            if key and other < len(keys) and keys[other]:
                draft.require(key, keys[other])
    files = {
        key: row.files for key, row in zip(keys, found.packages, strict=True) if key and row.files
    }
    facts = draft.facts()
    return Facts(
        nodes=facts.nodes + contents(files).nodes,
        edges=facts.edges,
        looked=facts.looked,
        problems=facts.problems,
        places=facts.places,
    )


def _add(draft: Installed, row: Row) -> str:
    return add(
        draft,
        row.name,
        row.version,
        row.release,
        epoch=row.epoch,
        arch=row.arch,
        source=row.source,
        module=row.module,
        licenses=licenses.gather((row.license,)),
        supplier=row.vendor,
    )


READER = Reader(
    title="rpm packages that are installed",
    media_type="application/vnd.sqlite3",
    read=read,
    link=Link.IMAGE,
    ceiling=512 << 20,
    scope=Scope.SYSTEM,
    anchors=tuple(f"{folder}/{name}" for folder in _FOLDERS for name in _NAMES),
    sift=sift,
)
