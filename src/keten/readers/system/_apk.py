"""What apk's database says: read by the reader of packages and by that of their files."""

from keten.formats import apk_database, licenses
from keten.formats.apk_database import Stanza
from keten.model.plug import Source
from keten.readers.system._installed import Installed

ANCHORS = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


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
