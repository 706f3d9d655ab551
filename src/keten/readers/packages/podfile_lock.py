"""Podfile.lock of CocoaPods: pods with what they require, what the Podfile asks for, and whence.

``Name/Part`` is a subspec: a part of a pod, with requirements of its own and the pod's version.
SPEC CHECKSUMS are of the podspecs, not of what these fetch, and so are no hashes of a package.
"""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft, Entry

_POD = lazy(r"([^\s()]++(?: [^\s()]++)*+)(?: \(([^()]*+)\))?")
_PUBLIC = ("trunk", "https://cdn.cocoapods.org", "https://github.com/CocoaPods/Specs.git",
           "https://github.com/cocoapods/specs.git")  # fmt: skip


class _Lock:
    def __init__(self, source: Source, file: Yaml) -> None:
        self.draft = Draft(source, ecosystem="cocoapods", format="Podfile.lock", lock=True)
        self.file = file
        self.entries: dict[str, Entry] = {}
        self.external = file.table("EXTERNAL SOURCES")
        self.checkout = file.table("CHECKOUT OPTIONS")
        self.repositories = {
            name: repository
            for repository, names in file.table("SPEC REPOS").items()
            for name in (names if isinstance(names, list) else ())
            if isinstance(name, str) and repository.rstrip("/") not in _PUBLIC
        }

    def read(self) -> Facts:
        needs: list[tuple[Entry, list[Any]]] = []
        for index, item in enumerate(self.file.value.get("PODS", ())):
            line = self.file.at("PODS", index)
            key, below = (
                next(iter(item.items()), ("", [])) if isinstance(item, dict) else (item, [])
            )
            found = _POD.fullmatch(text(key))
            if found is None or not found.group(2):
                self.draft.problem(f"no pod: {text(key)[:60]!r}", line)
                continue
            entry = self.pod(found.group(1), found.group(2), line)
            if entry is not None:
                self.entries[entry.name] = entry
                needs.append((entry, below if isinstance(below, list) else []))
        for entry, below in needs:
            for name in map(_name, below):
                target = self.entries.get(name)
                if target is not None:
                    self.draft.require(entry, target)
        asked = self.file.value.get("DEPENDENCIES")
        if isinstance(asked, list):
            direct = set(map(_name, asked))
            for entry in self.entries.values():
                entry.direct = entry.name in direct
        self.draft.settings["cocoapods"] = text(self.file.value.get("COCOAPODS"))
        return self.draft.facts()

    def pod(self, name: str, version: str, line: int) -> Entry | None:
        root, _, part = name.partition("/")
        source = self.source(root)
        if source.startswith("path:"):
            self.draft.note("members", {"name": name, "path": source[5:]}, line)
            return None
        version = version.removeprefix("= ").removesuffix(" from git").strip()
        return self.draft.add(name, version, line=line, column=3, source=source, subpath=part)

    def source(self, root: str) -> str:
        told, used = table(self.external.get(root)), table(self.checkout.get(root))
        if text(told.get(":path")):
            return f"path:{told[':path']}"
        for system in ("git", "hg", "svn"):
            address = text(used.get(f":{system}")) or text(told.get(f":{system}"))
            if address:
                tied = {**told, **used}
                keys = (":commit", ":revision", ":tag", ":branch")
                ref = next((str(tied[key]) for key in keys if tied.get(key)), "")
                return f"{system}+{address}#{ref}"
        address = text(told.get(":podspec")) or text(told.get(":http"))
        if address:
            return address if "://" in address else f"path:{address}"
        repository = self.repositories.get(root, "")
        return f"registry+{repository}" if repository else ""


def _name(item: Any) -> str:
    found = _POD.match(text(item))
    return found.group(1) if found else ""


def read(source: Source) -> Facts:
    """Return the pods of one Podfile.lock."""
    file = Yaml(source.data)
    if not isinstance(file.value.get("PODS", []), list) or {"PODS", "COCOAPODS"}.isdisjoint(
        file.value
    ):  # a Podfile that asks for nothing has no PODS
        raise InputError("no lockfile of CocoaPods: it has no PODS", line=1)
    return _Lock(source, file).read()


READER = Reader(
    title="CocoaPods lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Podfile.lock",),
)
