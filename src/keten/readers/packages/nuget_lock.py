"""packages.lock.json of NuGet, versions 1 and 2; one set of packages a target framework."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


def read(source: Source) -> Facts:
    """Return the packages of one packages.lock.json."""
    document = json_index.parse(source.data, depth=3)
    root = document.value
    if not isinstance(root, dict) or not isinstance(root.get("dependencies"), dict):
        raise InputError("no lockfile of NuGet: it has no dependencies", line=1)
    draft = Draft(source, ecosystem="nuget", format="packages.lock.json", lock=True)
    for framework in root["dependencies"]:
        _framework(draft, document, framework, table(root["dependencies"][framework]))
    entries = draft.entries.values()
    draft.hashed = all(entry.hashes for entry in entries) if entries else None
    draft.settings["version"] = root.get("version")
    return draft.facts()


def _framework(draft: Draft, document: Document, framework: str, items: dict[str, Any]) -> None:
    made: dict[str, Entry] = {}
    for name, item in items.items():
        line, column = document.at("dependencies", framework, name)
        if not isinstance(item, dict):
            draft.problem(f"the entry of {name[:80]!r} is no object", line, column)
            continue
        kind, version = text(item.get("type")), text(item.get("resolved"))
        if kind == "Project":
            continue
        if not version:
            draft.problem(f"package {name[:80]} without a version", line, column)
            continue
        digest = text(item.get("contentHash"))
        entry = draft.add(
            name,
            version,
            line=line,
            column=column,
            direct=kind == "Direct",
            hashes=[f"sha512:{digest}"] if digest else (),
        )
        if entry is not None:
            made[name.lower()] = entry
    lowered = {name.lower(): item for name, item in items.items()}
    for name, entry in made.items():
        for wanted in table(table(lowered[name]).get("dependencies")):
            target = made.get(wanted.lower())
            if target is not None:
                draft.require(entry, target)


READER = Reader(
    title="NuGet lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("packages.lock.json", "packages.*.lock.json"),
)
