"""The files of Alpine packages, from apk's database."""

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _apk
from keten.readers.system._installed import contents


def read(source: Source) -> Facts:
    """Return the files that each package brought."""
    _, found = _apk.packages(source)
    return contents(dict(_apk.files(found)))


READER = Reader(
    title="Files of Alpine packages",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=_apk.ANCHORS,
)
