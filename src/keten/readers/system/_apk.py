"""What apk's database says: read by the reader of packages and by that of their files."""

from collections.abc import Iterator

from keten.formats import apk_database
from keten.formats.apk_database import Stanza
from keten.formats.licences import licenses
from keten.model.plug import Source
from keten.readers.system._installed import Installed

MAX_PATHS = 60_000_000
"""The most bytes that the files' paths of one database take."""
ANCHORS = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


def files(found: list[tuple[str, Stanza]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the files of each package; CeilingError where there are more than a system has."""
    left = MAX_PATHS
    for key, stanza in found:
        paths = apk_database.files(stanza.listing, most=left)
        left -= sum(map(len, paths)) + apk_database.OBJECT * len(paths)
        yield key, paths


def packages(source: Source) -> tuple[Installed, list[tuple[str, Stanza]]]:
    """Return what is installed, each package's id with its stanza.

    Virtual packages (``apk add --virtual .build-deps``) only hold others together and have
    neither files nor a source: they are left out.
    """
    draft = Installed(source, ecosystem="apk", by="system/apk", fallback="alpine")
    found = []
    for stanza in apk_database.stanzas(source.data):
        name, origin = stanza.get("P"), stanza.get("o")
        if name.startswith("."):
            continue
        key = draft.add(
            name,
            stanza.get("V"),
            line=stanza.line,
            arch=stanza.get("A"),
            upstream=origin if origin != name else "",
            licenses=licenses.gather((stanza.get("L"),)),
            supplier=stanza.get("m"),
        )
        if key:
            found.append((key, stanza))
    return draft, found
