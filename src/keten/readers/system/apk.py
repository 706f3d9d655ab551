"""apk's database: what is installed on Alpine, Wolfi, Chainguard and their relatives."""

from contextlib import suppress

from keten.errors import CeilingError
from keten.formats import apk_database
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _apk

MAX_DEPENDENCIES = 5000
MAX_PROVIDERS = 5


def read(source: Source) -> Facts:
    """Return the packages that are installed and what each requires of the others."""
    draft, found = _apk.packages(source)
    real: dict[str, str] = {}
    provided: dict[str, list[str]] = {}
    for key, stanza in found:
        real.setdefault(stanza.get("P"), key)
        for name in apk_database.names(stanza.get("p"), most=MAX_DEPENDENCIES):
            provided.setdefault(name, []).append(key)
    paths = _paths(found)
    for key, stanza in found:
        for name in apk_database.names(stanza.get("D"), most=MAX_DEPENDENCIES):
            if name in real:
                draft.require(key, real[name])
            elif name in paths:
                draft.require(key, paths[name])
            else:
                for provider in provided.get(name, ())[:MAX_PROVIDERS]:
                    draft.require(key, provider)
    return draft.facts()


def _paths(found: list[tuple[str, apk_database.Stanza]]) -> dict[str, str]:
    """Return which package brings a path that another asks for (``D:/bin/sh``)."""
    asked = {
        name[1:]
        for _, stanza in found
        for name in stanza.get("D").split()[:MAX_DEPENDENCIES]
        if name.startswith("/")
    }
    if not asked:
        return {}
    owners: dict[str, str] = {}
    with suppress(CeilingError):  # the reader of their files says so
        for key, paths in _apk.files(found):
            for path in asked.intersection(paths):
                owners.setdefault(f"/{path}", key)
    return owners


READER = Reader(
    title="Alpine packages that are installed",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=_apk.ANCHORS,
)
