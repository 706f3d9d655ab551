"""bun.lock, the text lockfile of Bun 1.2: JSON with comments and trailing commas.

A package is ``[name@version, registry, {requirements}, integrity]``; its key is the path by
which it is found: ``a/b`` is the b that only a sees.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import strings, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
_HASHES = ("sha1-", "sha256-", "sha384-", "sha512-")
_ROOTS = ("dependencies", "devDependencies", "optionalDependencies")


def read(source: Source) -> Facts:
    """Return the packages of one bun.lock."""
    document = json_index.parse(source.data, depth=2, comments=True)
    root = document.value
    if not isinstance(root, dict) or not isinstance(root.get("packages"), dict):
        raise InputError("no lockfile of Bun: it has no packages", line=1)
    draft = Draft(source, ecosystem="npm", format="bun.lock", lock=True)
    draft.settings["version"] = root.get("lockfileVersion")
    entries: dict[str, Entry] = {}
    needs: dict[str, list[str]] = {}
    for key, item in root["packages"].items():
        line, column = document.at("packages", key)
        if not isinstance(item, list) or not item or not isinstance(item[0], str):
            draft.problem(f"the entry of {key[:80]!r} is no package", line, column)
            continue
        entry, wanted = _package(draft, item, line, column)
        if entry is not None:
            entries[key] = entry
            needs[key] = [name for group in _NEEDS for name in table(wanted.get(group))]
    below: dict[str, list[Entry]] = {}
    for key, entry in entries.items():
        for name in needs[key]:
            target = _find(entries, key, name)
            if target is not None:
                draft.require(entry, target)
                below.setdefault(entry.ref, []).append(target)
    _classify(draft, table(root.get("workspaces")), entries, below)
    fetched = [e for e in draft.entries.values() if not e.source.startswith("git+")]
    draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
    return draft.facts()


def _package(
    draft: Draft, item: list[Any], line: int, column: int
) -> tuple[Entry | None, dict[str, Any]]:
    name, _, version = item[0][1:].partition("@")
    name = item[0][:1] + name
    if version.startswith(("workspace:", "link:", "file:", "root:")):
        draft.note("members", {"name": name, "path": version.partition(":")[2]}, line)
        return None, {}
    wanted = next((part for part in item[1:] if isinstance(part, dict)), {})
    source = ""
    if ":" in version:
        address, _, commit = version.partition("#")
        if address.startswith("github:"):
            address = f"https://github.com/{address[7:]}"
        is_git = commit and not address.endswith((".tgz", ".tar.gz"))
        source = f"git+{address.removeprefix('git+')}#{commit}" if is_git else address
        version = ""
    elif len(item) > 1 and isinstance(item[1], str):
        source = item[1]
    last = item[-1] if isinstance(item[-1], str) and len(item) > 3 else ""  # noqa: PLR2004 four parts
    entry = draft.add(
        name, version, line=line, column=column, direct=False, source=source,
        hashes=[last.replace("-", ":", 1)] if last.startswith(_HASHES) else (),
    )  # fmt: skip
    return entry, wanted


def _find(entries: dict[str, Entry], key: str, name: str) -> Entry | None:
    """Return what *name* means to the package at *key*: the nearest path that ends in it."""
    here = key
    while here:
        found = entries.get(f"{here}/{name}")
        if found is not None:
            return found
        here = here.rpartition("/")[0]
    return entries.get(name)


def _classify(
    draft: Draft,
    workspaces: dict[str, Any],
    entries: dict[str, Entry],
    below: dict[str, list[Entry]],
) -> None:
    needed: set[str] = set()
    waiting: list[Entry] = []
    for item in workspaces.values():
        place = text(table(item).get("name"))
        for group in _ROOTS:
            for name in strings(table(item).get(group)):
                found = _find(entries, place, name)
                if found is not None:
                    found.direct = True
                    waiting += [found] if group != "devDependencies" else []
    while waiting:
        entry = waiting.pop()
        if entry.ref not in needed:
            needed.add(entry.ref)
            waiting += below.get(entry.ref, ())
    for entry in draft.entries.values():
        entry.development = entry.ref not in needed


READER = Reader(
    title="Bun lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("bun.lock",),
)
