"""Pipfile.lock (pipfile-spec 6): JSON; direct is what the Pipfile beside it names."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index, toml_lines
from keten.formats.json_index import Document, strings, table, text
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_INDEX = "https://pypi.org/simple"


def read(source: Source) -> Facts:
    """Return the packages of one Pipfile.lock."""
    document = json_index.parse(source.data, depth=3)
    root = table(document.value)
    if "_meta" not in root:
        raise InputError("no Pipfile.lock: it has no _meta", line=1)
    draft = Draft(source, ecosystem="pypi", format="Pipfile.lock", lock=True)
    sources: dict[str, str] = {}
    listed = table(root["_meta"]).get("sources")
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        url = text(table(item).get("url"))
        sources[text(table(item).get("name"))] = url
        line = document.line("_meta", "sources", number)
        draft.note("indexes", {"url": url, "extra": False}, line)
        if table(item).get("verify_ssl") is False:
            draft.note("trusted_hosts", url, line)
    direct = _direct(source)
    for group in root:
        if group != "_meta":
            _group(draft, document, group, sources, direct)
    from_index = [one for one in draft.entries.values() if one.version]
    draft.hashed = all(one.hashes for one in from_index) if from_index else None
    return draft.facts()


def _group(
    draft: Draft,
    document: Document,
    group: str,
    sources: dict[str, str],
    direct: set[str] | None,
) -> None:
    for name, item in table(document.value[group]).items():
        line, column = document.at(group, name)
        if not isinstance(item, dict):
            draft.problem(f"the entry of {name[:80]} is no object", line, column)
            continue
        version = text(item.get("version"))
        pinned = version.removeprefix("===").removeprefix("==").strip()
        hashes = item.get("hashes")
        draft.add(
            pep508.normalise(name),
            pinned if version.startswith("==") else "",
            line=line,
            column=column,
            direct=None if direct is None else pep508.normalise(name) in direct,
            development=group == "develop",
            constraint="" if version.startswith("==") else version,
            source=_source(item, sources),
            hashes=[one for one in hashes if isinstance(one, str)]
            if isinstance(hashes, list)
            else (),
        )


def _source(item: dict[str, Any], sources: dict[str, str]) -> str:
    fields = strings(item)
    for system in ("git", "hg", "svn", "bzr"):
        if system in fields:
            ref = fields.get("ref", "")
            return f"{system}+{fields[system].removeprefix('git+')}" + (f"#{ref}" if ref else "")
    if "path" in fields:
        return f"path:{fields['path']}"
    index = sources.get(fields.get("index", ""), _INDEX)
    return fields.get("file", "") or ("" if index.rstrip("/") == _INDEX else f"registry+{index}")


def _direct(source: Source) -> set[str] | None:
    data = source.files.read(source.path.removesuffix(".lock"))
    if data is None:
        return None
    try:
        root = toml_lines.parse(data)
    except InputError:
        return None  # its own reader says so
    names = [name for key in root if key not in _TABLES for name in root.table(key)]
    return {pep508.normalise(name) for name in names}


_TABLES = {"source", "requires", "scripts", "pipenv", "pipfile"}

READER = Reader(
    title="Pipenv lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("Pipfile.lock",),
)
