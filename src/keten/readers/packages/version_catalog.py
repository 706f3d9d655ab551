"""Gradle's version catalogue, ``gradle/libs.versions.toml``."""

from typing import Any

from keten.formats import toml_lines
from keten.formats.lazy_pattern import lazy
from keten.formats.toml_lines import Table
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_DYNAMIC = lazy(r"[\[\](),+]|latest\.")


def read(source: Source) -> Facts:
    """Return the libraries and plugins of one catalogue."""
    root = toml_lines.parse(source.data)
    draft = Draft(source, ecosystem="maven", format="libs.versions.toml", lock=False)
    versions = root.table("versions")
    for section, plugin in (("libraries", False), ("plugins", True)):
        items = root.table(section)
        for alias, value in items.items():
            name, written = _coordinates(value, versions, plugin=plugin)
            if name.count(":") != 1:
                draft.problem(f"{section}.{alias[:60]} names no module", items.at(alias))
                continue
            dynamic = _DYNAMIC.search(written) is not None
            draft.add(
                name,
                "" if dynamic else written,
                line=items.at(alias),
                direct=True,
                development=plugin,
                constraint=written if dynamic else "",
            )
    return draft.facts()


def _coordinates(value: Any, versions: Table, *, plugin: bool) -> tuple[str, str]:
    """Return ``group:name`` and the version as written; a plugin's is its marker artifact."""
    if isinstance(value, str):
        parts = value.split(":")
        if plugin:
            return f"{parts[0]}:{parts[0]}.gradle.plugin", parts[1] if len(parts) > 1 else ""
        return ":".join(parts[:2]), parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 g:a:v
    if not isinstance(value, Table):
        return "", ""
    name = value.text("module") or f"{value.text('group')}:{value.text('name')}"
    if plugin:
        name = f"{value.text('id')}:{value.text('id')}.gradle.plugin"
    return name, _version(value.get("version"), versions)


def _version(value: Any, versions: Table) -> str:
    if isinstance(value, Table):
        if value.text("ref"):
            return _version(versions.get(value.text("ref")), Table(0))
        for key in ("strictly", "require", "prefer"):
            if value.text(key):
                return value.text(key)
    return value if isinstance(value, str) else ""


READER = Reader(
    title="Gradle version catalogue",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("*.versions.toml",),
)
