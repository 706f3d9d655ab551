"""Package.resolved of the Swift Package Manager, versions 1, 2 and 3.

A package is its repository: ``github.com/apple/swift-nio``, as the advisories name it. Direct is
what the Package.swift beside it names, which is read as text, for it is a program.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

MAX_MANIFEST = 1 << 20
_SCHEME = lazy(r"(?:[a-z+]+://)?(?:[^/@\s]++@)?([^/:\s]++)(?::[0-9]++(?=/))?[:/]/*(.+)")
_ASKED = lazy(r"\.package\s*\([^()]*?\b(?:url|id)\s*:\s*\"([^\"\n]*+)\"")
_COMMENT = lazy(r"(?m)^[ \t]*+//.*$")


def _road(location: str) -> str:
    """Return host and path of a repository, without ``.git``; "" where it has no host."""
    found = _SCHEME.fullmatch(location.strip())
    if found is None or location.startswith(("/", ".", "file:")):
        return ""
    host, path = found.groups()
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"


def _asked(source: Source) -> set[str] | None:
    """Return what the Package.swift beside it asks for; None where there is none."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/Package.swift".lstrip("/"))
    if data is None or len(data) > MAX_MANIFEST:
        return None
    body = _COMMENT.sub("", data.decode("utf-8", "replace"))
    parts = body.split(".package")  # so that the pattern looks no further than to the next one
    heads = (_ASKED.match(".package" + part[:2000]) for part in parts[1:])
    urls = {found.group(1) for found in heads if found}
    return {(_road(url) or url).lower() for url in urls}


def _add(
    draft: Draft, document: Document, path: tuple[str | int, ...], pin: dict[str, Any],
    asked: set[str] | None,
) -> None:  # fmt: skip
    line, column = document.at(*path)
    state = table(pin.get("state"))
    location = text(pin.get("location")) or text(pin.get("repositoryURL"))
    identity = text(pin.get("identity")) or text(pin.get("package"))
    registry = pin.get("kind") == "registry"
    name = identity.replace(".", "/", 1) if registry else _road(location)
    if not name and location:
        draft.note("members", {"name": identity, "path": location}, line)
        return
    version, revision = text(state.get("version")), text(state.get("revision"))
    known = {name.lower(), identity.lower()}
    draft.add(
        name,
        version,
        line=line,
        column=column,
        direct=None if asked is None else not asked.isdisjoint(known),
        source="" if registry else f"git+{location}#{revision}",
    )


def read(source: Source) -> Facts:
    """Return the packages of one Package.resolved."""
    document = json_index.parse(source.data, depth=3)
    root = table(document.value)
    path: tuple[str, ...] = ("pins",) if "pins" in root else ("object", "pins")
    pins = root.get("pins", table(root.get("object")).get("pins"))
    if not isinstance(pins, list):
        raise InputError("no lockfile of Swift: it has no pins", line=1)
    draft = Draft(source, ecosystem="swift", format="Package.resolved", lock=True)
    draft.settings["version"] = root.get("version")
    asked = _asked(source)
    for index, pin in enumerate(pins):
        if isinstance(pin, dict):
            _add(draft, document, (*path, index), pin, asked)
        else:
            draft.problem("a pin that is no object", *document.at(*path, index))
    return draft.facts()


READER = Reader(
    title="Swift lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Package.resolved",),
)
