"""dpkg's database: what is installed on Debian, Ubuntu and their relatives.

``status`` tells of all packages; in distroless images a file in ``status.d`` of each.
"""

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _dpkg
from keten.readers.system._dpkg import Entry

MAX_DEPENDENCIES = 2000
MAX_PROVIDERS = 5
_NAME = lazy(r"[a-z0-9][a-z0-9.+-]*")


def read(source: Source) -> Facts:
    """Return the packages that are installed and what each requires of the others."""
    if not _dpkg.is_status(source.path):
        return Facts()
    draft, entries = _dpkg.packages(source)
    real: dict[str, list[Entry]] = {}
    provided: dict[str, list[Entry]] = {}
    for entry in entries:
        real.setdefault(entry.name, []).append(entry)
        for name in _names(entry.fields.get("provides", "")) if "provides" in entry.fields else ():
            provided.setdefault(name, []).append(entry)
    wanted: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for field in ("pre-depends", "depends"):
            for group in entry.fields.get(field, "").split(",")[:MAX_DEPENDENCIES]:
                names = wanted.get(group)
                if names is None:
                    names = wanted[group] = _names(group.replace("|", ","))
                for target in _choice(names, entry, real, provided):
                    draft.require(entry.key, target.key)
    return draft.facts()


def _choice(
    names: tuple[str, ...],
    entry: Entry,
    real: dict[str, list[Entry]],
    provided: dict[str, list[Entry]],
) -> list[Entry]:
    """Return what satisfies ``a (>= 1) | b``: the first of the alternatives that is there."""
    for name in names:
        found = real.get(name)
        if found:
            if len(found) == 1:
                return found
            return [one for one in found if one.arch in {entry.arch, "all"}][:1] or found[:1]
    for name in names:
        if name in provided:
            return provided[name][:MAX_PROVIDERS]
    return []


def _names(text: str) -> tuple[str, ...]:
    """Return the names of a relation: versions, architectures and build profiles left out."""
    parts = text.split(",")[:MAX_DEPENDENCIES]
    return tuple(found[0] for part in parts if (found := _NAME.match(part.strip())))


READER = Reader(
    title="Debian packages that are installed",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=_dpkg.STATUS,
)
