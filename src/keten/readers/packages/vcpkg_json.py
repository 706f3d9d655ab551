"""vcpkg.json, the manifest of vcpkg. What it asks for has a version only where it overrides one.

All else is at the version of the baseline, a commit of the registry that is not in the project;
its registries may stand in the vcpkg-configuration.json beside it.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_VERSIONS = ("version", "version-semver", "version-date", "version-string")


class _Overrides:
    """The versions that are fixed, by name: version and number of the port's own revision."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.of: dict[str, tuple[str, str]] = {}
        listed = root.get("overrides")
        for item in listed if isinstance(listed, list) else ():
            one = table(item)
            version = next((text(one[key]) for key in _VERSIONS if key in one), "")
            version, _, revision = version.partition("#")
            number = one.get("port-version", revision)
            self.of[text(one.get("name"))] = (version, str(number) if number else "")


def _dependencies(
    draft: Draft, document: Document, path: tuple[str, ...], overrides: _Overrides
) -> None:
    items: Any = document.value
    for key in path:
        items = table(items).get(key)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        line, column = document.at(*path, index)
        one = table(item)
        name = item if isinstance(item, str) else text(one.get("name"))
        version, revision = overrides.of.get(name, ("", ""))
        least = text(one.get("version>="))
        draft.add(
            name,
            version,
            line=line,
            column=column,
            direct=True,
            development=one.get("host") is True,  # a tool of the build
            optional=path[0] == "features",
            constraint=f">={least}" if least else "",
            qualifiers={"port_version": revision},
        )


def _registries(draft: Draft, told: dict[str, Any], line: int) -> None:
    default = table(told.get("default-registry"))
    listed = told.get("registries")
    # A registry beside the default one is asked for the packages that it names, and no other.
    for item in [default, *(listed if isinstance(listed, list) else ())]:
        address = text(table(item).get("repository"))
        if address:
            draft.note("indexes", {"url": address, "extra": False}, line)
    if text(default.get("baseline")):
        draft.settings["baseline"] = text(default["baseline"])


def read(source: Source) -> Facts:
    """Return what one vcpkg.json asks for."""
    document = json_index.parse(source.data, depth=4)
    root = document.value
    if not isinstance(root, dict):
        raise InputError("no manifest of vcpkg", line=1)
    draft = Draft(source, ecosystem="vcpkg", format="vcpkg.json", lock=False)
    overrides = _Overrides(root)
    _dependencies(draft, document, ("dependencies",), overrides)
    for feature in table(root.get("features")):
        _dependencies(draft, document, ("features", feature, "dependencies"), overrides)
    told = root.get("configuration", root.get("vcpkg-configuration"))
    if not isinstance(told, dict):
        folder = source.path.rpartition("/")[0]
        beside = source.files.read(f"{folder}/vcpkg-configuration.json".lstrip("/"))
        try:
            told = json_index.parse(beside, depth=0).value if beside else None
        except InputError:
            draft.problem("vcpkg-configuration.json beside it is no JSON")
    _registries(draft, table(told), 1)
    if text(root.get("builtin-baseline")):
        draft.settings["baseline"] = text(root["builtin-baseline"])
    return draft.facts()


READER = Reader(
    title="vcpkg manifest",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("vcpkg.json",),
)
