"""Pipfile: what Pipenv is asked for."""

from typing import Any

from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_TABLES = {"source", "requires", "scripts", "pipenv", "pipfile"}


def read(source: Source) -> Facts:
    """Return the requirements of one Pipfile; each table but the named ones is a category."""
    root = toml_lines.parse(source.data)
    draft = Draft(source, ecosystem="pypi", format="Pipfile", lock=False)
    for item in root.tables("source"):
        draft.note("indexes", {"url": item.text("url"), "extra": False}, item.at("url"))
        if item.get("verify_ssl") is False:
            draft.note("trusted_hosts", item.text("url"), item.at("verify_ssl"))
    for category in root:
        if category in _TABLES:
            continue
        packages = root.table(category)
        for name, wanted in packages.items():
            constraint, origin = _wanted(wanted)
            draft.add(
                pep508.normalise(name),
                line=packages.at(name),
                direct=True,
                development=category == "dev-packages",
                constraint=constraint,
                source=origin,
            )
    return draft.facts()


def _wanted(value: Any) -> tuple[str, str]:
    """Return constraint and source of an entry."""
    if isinstance(value, str):
        return value, ""
    if not isinstance(value, Table):
        return "", ""
    for system in ("git", "hg", "svn", "bzr"):
        url = value.text(system)
        if url:
            ref = value.text("ref")
            return "", f"{system}+{url.removeprefix('git+')}" + (f"#{ref}" if ref else "")
    if value.text("path"):
        return "", f"path:{value.text('path')}"
    return value.text("version"), value.text("file")


READER = Reader(
    title="Pipfile",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("Pipfile",),
)
