"""What deps.json and project.assets.json of .NET have in common: libraries and targets."""

from typing import Any

from keten.formats.json_index import Document, table, text
from keten.readers.packages._draft import Draft, Entry


def take(draft: Draft, document: Document, *, digest: str) -> dict[str, Entry]:
    """Take in ``libraries`` (``Name/1.0``) that are packages, and the edges of ``targets``.

    *digest* is the key under which the hash stands. Returns the entries by lower-case name.
    """
    root: dict[str, Any] = document.value
    entries: dict[str, Entry] = {}
    names: dict[str, Entry] = {}
    for key, item in table(root.get("libraries")).items():
        line, column = document.at("libraries", key)
        name, _, version = key.partition("/")
        kind = text(table(item).get("type")).lower()
        if kind == "runtimepack":
            # What a self-contained program brings of .NET itself: a package on NuGet.
            name = name.removeprefix("runtimepack.")
        elif kind != "package":
            continue
        if not name or not version:
            draft.problem(f"library {key[:80]!r} without name or version", line, column)
            continue
        found = text(table(item).get(digest)).removeprefix("sha512-")
        entry = draft.add(
            name, version, line=line, column=column, direct=False,
            hashes=[f"sha512:{found}"] if found else (),
        )  # fmt: skip
        if entry is not None:
            entries[key] = names[name.lower()] = entry
    for target in table(root.get("targets")).values():
        scope = {
            key.partition("/")[0].lower(): entries[key] for key in table(target) if key in entries
        }
        for key, item in table(target).items():
            needed = [scope.get(name.lower()) for name in table(table(item).get("dependencies"))]
            for one in needed:
                if one is not None and key in entries:
                    draft.require(entries[key], one)
                elif one is not None:
                    one.direct = True  # a project, not a package, asks for it
    return names
