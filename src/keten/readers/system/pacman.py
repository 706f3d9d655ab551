"""pacman's database: what is installed on Arch Linux and its relatives.

A folder for each package, with ``desc`` and ``files``: keys between percent signs, a value a
line, an empty line. A reader sees one package at a time, so there are no edges.
"""

from keten.formats.licences import licenses
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import Installed, contents

MAX_LINES = 500_000
_ROOT = "var/lib/pacman/local/"


def read(source: Source) -> Facts:
    """Return one package and its files; nothing for the list of files itself."""
    folder, _, name = source.path.rpartition("/")
    if name != "desc" or not source.path.startswith(_ROOT):
        return Facts()
    fields = _parse(source.data)
    draft = Installed(source, ecosystem="alpm", by="system/pacman", fallback="arch")
    base = _first(fields, "BASE")
    key = draft.add(
        _first(fields, "NAME"),
        _first(fields, "VERSION"),
        line=1,
        arch=_first(fields, "ARCH"),
        upstream=base,
        licenses=licenses.gather(fields.get("LICENSE", ())),
        supplier=_first(fields, "PACKAGER"),
    )
    facts = draft.facts()
    listed = _parse(source.files.read(f"{folder}/files") or b"").get("FILES", [])
    files = contents({key: [path for path in listed if path[-1:] != "/"]} if key else {})
    return Facts(
        nodes=facts.nodes + files.nodes,
        looked=facts.looked,
        problems=facts.problems,
        places=facts.places,
    )


def _parse(data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for line in data.decode("utf-8", "replace").split("\n", MAX_LINES)[:MAX_LINES]:
        if line[:1] == "%" == line[-1:] and len(line) > 2:  # noqa: PLR2004 a name between two
            values = found.setdefault(line[1:-1], [])
        elif line:
            values.append(line)
    return found


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0].strip() if fields.get(name) else ""


READER = Reader(
    title="pacman packages that are installed",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    ceiling=32 << 20,
    paths=(f"{_ROOT}*/desc", f"{_ROOT}*/files"),
    scope=Scope.SYSTEM,
)
