"""The files of Alpine packages, from apk's database."""

from keten.formats import apk_database
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _apk
from keten.readers.system._installed import contents

MAX_FILES = 2_000_000


def read(source: Source) -> Facts:
    """Return the files that each package brought."""
    _, found = _apk.packages(source)
    listed: dict[str, list[str]] = {}
    left = MAX_FILES
    for key, stanza in found:
        listed[key] = apk_database.files(stanza.listing, most=left)
        left -= len(listed[key])
    return contents(listed)


READER = Reader(
    title="Files of Alpine packages",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=_apk.ANCHORS,
)
