"""project.assets.json: what a NuGet restore decided (``obj/``)."""

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages import _libraries
from keten.readers.packages._draft import Draft


def read(source: Source) -> Facts:
    """Return the packages of one project.assets.json."""
    document = json_index.parse(source.data, depth=2)
    root = document.value
    if not isinstance(root, dict) or "libraries" not in root:
        raise InputError("no project.assets.json: it has no libraries", line=1)
    draft = Draft(source, ecosystem="nuget", format="project.assets.json", lock=True)
    names = _libraries.take(draft, document, digest="sha512")
    project = table(root.get("project"))
    for framework in table(project.get("frameworks")).values():
        for name, item in table(table(framework).get("dependencies")).items():
            entry = names.get(name.lower())
            if entry is not None and text(table(item).get("target")) in ("", "Package"):
                entry.direct = True
    for url in table(table(project.get("restore")).get("sources")):
        if url.startswith("http"):
            draft.note("indexes", {"url": url, "extra": False}, document.line("project"))
    return draft.facts()


READER = Reader(
    title="NuGet project.assets.json",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("project.assets.json",),
)
