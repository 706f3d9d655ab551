"""composer.lock of Composer. Direct is what the composer.json beside it names."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, strings, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

MAX_CHOICES = 20


def read(source: Source) -> Facts:
    """Return the packages of one composer.lock."""
    document = json_index.parse(source.data, depth=3)
    root = document.value
    if not isinstance(root, dict) or "packages" not in root:
        raise InputError("no lockfile of Composer: it has no packages", line=1)
    draft = Draft(source, ecosystem="composer", format="composer.lock", lock=True)
    direct = _direct(source)
    made: dict[str, tuple[Entry, dict[str, Any]]] = {}
    for group in ("packages", "packages-dev"):
        items = root.get(group)
        for number, item in enumerate(items if isinstance(items, list) else []):
            _package(draft, document, (group, number), item, direct=direct, made=made)
    for entry, item in made.values():
        for name in table(item.get("require")):
            target = made.get(name.lower())
            if target is not None:
                draft.require(entry, target[0])
    draft.settings["content_hash"] = text(root.get("content-hash"))
    return draft.facts()


def _package(
    draft: Draft,
    document: Document,
    at: tuple[str, int],
    item: Any,
    *,
    direct: set[str] | None,
    made: dict[str, tuple[Entry, dict[str, Any]]],
) -> None:
    line, column = document.at(*at, "name")
    name, version = text(table(item).get("name")).lower(), text(table(item).get("version"))
    if not name or not version:
        draft.problem("a package without name or version", *document.at(*at))
        return
    origin, archive = strings(item.get("source")), strings(item.get("dist"))
    if archive.get("type") == "path":
        draft.note("members", {"name": name, "path": archive.get("url", "")}, line)
        return
    address = archive.get("url", "")
    if not address and origin.get("url"):
        address = f"{origin.get('type', 'git')}+{origin['url']}#{origin.get('reference', '')}"
    digest = archive.get("shasum", "")
    entry = draft.add(
        name,
        version,
        line=line,
        column=column,
        direct=None if direct is None else name in direct,
        development=at[0] == "packages-dev",
        source=address,
        hashes=[f"sha1:{digest}"] if digest else (),
        licenses=_choice(item.get("license")),
    )
    if entry is not None:
        made[name] = (entry, item)


def _choice(said: Any) -> list[str]:
    """Return the licence: of several in a list, Composer lets the user choose."""
    names = [text(name) for name in (said if isinstance(said, list) else [said])]
    named = [f"({name})" if " " in name else name for name in names[:MAX_CHOICES] if name]
    return [" OR ".join(named)] if named[1:] else [name for name in names[:1] if name]


def _direct(source: Source) -> set[str] | None:
    data = source.files.read(source.path.removesuffix(".lock") + ".json")
    if data is None:
        return None
    try:
        root = table(json_index.parse(data, depth=1).value)
    except InputError:
        return None  # its own reader says so
    return {name.lower() for key in ("require", "require-dev") for name in table(root.get(key))}


READER = Reader(
    title="Composer lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("composer.lock",),
    version=2,
)
