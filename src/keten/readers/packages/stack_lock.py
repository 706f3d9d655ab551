"""stack.yaml.lock: the extra dependencies of a Stack project, and which snapshot it builds on.

The packages of the snapshot itself are not in the file. Its hashes are of the cabal file and of
the tree, not of the archive.
"""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft

_HACKAGE = lazy(r"(.+)-([0-9]++(?:\.[0-9]++)*+)(?:@.*)?")


def _add(draft: Draft, file: Yaml, index: int, told: dict[str, Any]) -> None:
    line = file.at("packages", index)
    hackage = _HACKAGE.fullmatch(text(told.get("hackage")))
    name, version = text(told.get("name")), ""
    if hackage:
        name, version = hackage.groups()
    else:
        version = file.text(told.get("version"), "packages", index, "completed", "version")
    if not name:
        draft.problem("a package without a name", line)
        return
    source = text(told.get("url"))
    for system in ("git", "hg"):
        address = text(told.get(system))
        if address:
            source = f"{system}+{address}#{text(told.get('commit'))}"
    draft.add(name, version, line=line, source=source)


def read(source: Source) -> Facts:
    """Return the packages of one stack.yaml.lock."""
    file = Yaml(source.data)
    packages = file.value.get("packages")
    if not isinstance(packages, list):
        raise InputError("no lockfile of Stack: it has no packages", line=1)
    draft = Draft(source, ecosystem="hackage", format="stack.yaml.lock", lock=True)
    for index, item in enumerate(packages):
        told = table(item).get("completed")
        if isinstance(told, dict):
            _add(draft, file, index, told)
        else:
            draft.problem("a package that is not completed", file.at("packages", index))
    snapshots = file.value.get("snapshots")
    for index, item in enumerate(snapshots if isinstance(snapshots, list) else ()):
        told = table(table(item).get("completed"))
        if text(told.get("url")):
            draft.note("snapshots", text(told["url"]), file.at("snapshots", index))
    return draft.facts()


READER = Reader(
    title="Stack lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("stack.yaml.lock", "stack*.yaml.lock"),
)
