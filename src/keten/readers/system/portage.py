"""portage's database: what is installed on Gentoo.

A folder for each package, ``var/db/pkg/CATEGORY/NAME-VERSION``, with a small file for each thing
that is known of it. A reader sees one package at a time, so there are no edges.
"""

from keten.formats.lazy_pattern import lazy
from keten.formats.licences import licenses
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import Installed, contents

MAX_LINES = 500_000
_ROOT = "var/db/pkg/"
_PARTS = 6
# Gentoo's Package Manager Specification, 3.2: a version after the last hyphen that begins one.
_VERSION = lazy(
    r"(?P<name>[A-Za-z0-9+_][A-Za-z0-9+_-]*)-(?P<version>[0-9][0-9.]*[a-z]?"
    r"(?:_(?:pre|p|beta|alpha|rc)[0-9]*)*(?:-r[0-9]+)?)"
)
_PATH = lazy(r"(?:obj (?P<file>.+) [0-9a-f]{32} [0-9]+|sym (?P<link>.+) -> .+ [0-9]+)")
_MAX_NAME = 300


def read(source: Source) -> Facts:
    """Return one package and its files, from its ``CONTENTS``; nothing for its other files."""
    parts = source.path.split("/")
    if parts[-1] != "CONTENTS" or len(parts) != _PARTS:
        return Facts()
    category, folder = parts[3], parts[4]
    draft = Installed(source, ecosystem="ebuild", by="system/portage")
    found = _VERSION.fullmatch(folder) if len(folder) <= _MAX_NAME else None
    if found is None:
        draft.problem(f"a folder whose name is no package and version: {folder[:80]}")
        return draft.facts()
    beside = source.path.removesuffix("CONTENTS")
    draft.distro = ""  # as other tools write it: the category is all that qualifies it
    key = draft.add(
        found["name"],
        found["version"],
        vendor=category,
        called=f"{category}/{found['name']}",
        licenses=licenses.gather(_licenses(_told(source, f"{beside}LICENSE"))),
    )
    facts = draft.facts()
    files = contents({key: _files(source.data)} if key else {})
    return Facts(
        nodes=facts.nodes + files.nodes,
        looked=facts.looked,
        problems=facts.problems,
        places=facts.places,
    )


def _told(source: Source, path: str) -> str:
    data = source.files.read(path) or b""
    return " ".join(data[:4000].decode("utf-8", "replace").split())


def _licenses(text: str) -> list[str]:
    """Return what a LICENSE line names: all of its words hold, unless it has choices."""
    return [text] if "(" in text else text.split()


def _files(data: bytes) -> list[str]:
    found = []
    for line in data.decode("utf-8", "replace").split("\n", MAX_LINES)[:MAX_LINES]:
        match = _PATH.fullmatch(line) if line[:4] in {"obj ", "sym "} else None
        if match:
            found.append((match["file"] or match["link"]).lstrip("/"))
    return found


READER = Reader(
    title="portage packages that are installed",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    ceiling=64 << 20,
    paths=tuple(f"{_ROOT}*/*/{name}" for name in ("CONTENTS", "LICENSE")),
    scope=Scope.SYSTEM,
)
