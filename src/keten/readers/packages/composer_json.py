"""composer.json: what a PHP project asks for; the platform (php, ext-*) is no package."""

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the requirements of one composer.json."""
    document = json_index.parse(source.data, depth=3)
    root = document.value
    if not isinstance(root, dict):
        raise InputError("no composer.json: not an object", line=1)
    draft = Draft(source, ecosystem="composer", format="composer.json", lock=False)
    needed: list[str] = []
    for group in ("require", "require-dev"):
        for name, constraint in table(root.get(group)).items():
            line, column = document.at(group, name)
            if "/" not in name:
                continue
            if not isinstance(constraint, str):
                draft.problem(f"what {name[:80]!r} asks for is no text", line, column)
                continue
            if group == "require":
                needed.append(name.lower())
            draft.add(
                name.lower(),
                line=line,
                column=column,
                direct=True,
                development=group != "require",
                constraint=constraint,
            )
    _repositories(draft, document)
    config = table(root.get("config"))
    if config.get("secure-http") is False:
        draft.settings["secure_http"] = False
        draft.fields["secure_http"] = document.line("config", "secure-http")
    if config.get("disable-tls") is True:
        draft.note("trusted_hosts", "*", document.line("config", "disable-tls"))
    draft.settings["dependencies"] = sorted(needed)
    draft.settings["type"] = text(root.get("type")) or "library"
    return draft.facts()


def _repositories(draft: Draft, document: Document) -> None:
    items = document.value.get("repositories")
    if isinstance(items, dict):
        pairs = list(items.items())
    else:
        pairs = list(enumerate(items)) if isinstance(items, list) else []
    for key, item in pairs:
        url = text(table(item).get("url"))
        if url and text(table(item).get("type")) != "path":
            index = {"url": url, "extra": False}
            draft.note("indexes", index, document.line("repositories", key, "url"))


READER = Reader(
    title="composer.json",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("composer.json",),
)
