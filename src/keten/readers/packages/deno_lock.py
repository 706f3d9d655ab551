"""deno.lock, versions 2 to 5: packages of npm and of JSR.

Modules that are fetched by their address (``remote``) have no name; how many there are is told.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_NEEDS = ("dependencies", "optionalDependencies", "optionalPeers")
_KINDS = ("npm", "jsr")


def _split(key: str) -> tuple[str, str]:
    """Return name and version of ``@scope/name@1.0.0_peer@2.0.0``."""
    name, _, version = key[1:].partition("@")
    return key[:1] + name, version.partition("_")[0]


class _Lock:
    def __init__(self, source: Source, document: Document) -> None:
        self.draft = Draft(source, ecosystem="npm", format="deno.lock", lock=True)
        self.document = document
        self.root = document.value
        self.entries: dict[str, Entry] = {}  # by kind and key: npm:chalk@5.3.0
        self.named: dict[str, Entry | None] = {}  # by kind and name; None: of several versions
        self.specifiers: dict[str, str] = {}

    def read(self) -> Facts:
        packages, npm = table(self.root.get("packages")), table(self.root.get("npm"))
        if isinstance(npm.get("packages"), dict) and "integrity" not in npm["packages"]:  # 2
            self.packages("npm", npm["packages"], ("npm", "packages"))
            for spec, key in json_index.strings(npm.get("specifiers")).items():
                self.specifiers[f"npm:{spec}"] = f"npm:{key}"
        elif packages:  # 3
            for kind in _KINDS:
                self.packages(kind, table(packages.get(kind)), ("packages", kind))
            self.specifiers = json_index.strings(packages.get("specifiers"))
        else:  # 4 and 5
            for kind in _KINDS:
                self.packages(kind, table(self.root.get(kind)), (kind,))
            for spec, version in json_index.strings(self.root.get("specifiers")).items():
                name = _split(spec.partition(":")[2])[0]
                self.specifiers[spec] = f"{spec.partition(':')[0]}:{name}@{version}"
        self.direct()
        draft = self.draft
        remote = table(self.root.get("remote"))
        if remote:
            draft.settings["remote"] = len(remote)
        found = list(draft.entries.values())
        draft.hashed = all(entry.hashes for entry in found) if found else None
        return draft.facts()

    def packages(self, kind: str, items: dict[str, Any], path: tuple[str, ...]) -> None:
        made: list[tuple[Entry, dict[str, Any]]] = []
        for key, item in items.items():
            line, column = self.document.at(*path, key)
            name, version = _split(key)
            if not isinstance(item, dict) or not version:
                self.draft.problem(f"the entry of {key[:80]!r} is no package", line, column)
                continue
            digest = text(item.get("integrity"))
            entry = self.draft.add(
                name,
                version,
                line=line,
                column=column,
                ecosystem=kind,
                source=text(item.get("tarball")),
                hashes=[_hash(digest)] if digest else (),
            )
            if entry is not None:
                self.entries[f"{kind}:{key}"] = entry
                same = self.named.setdefault(f"{kind}:{name}", entry) is entry
                self.named[f"{kind}:{name}"] = entry if same else None
                made.append((entry, item))
                if item.get("scripts") is True:
                    self.draft.note("install_scripts", f"{name}@{version}", line)
        for entry, item in made:
            for group in _NEEDS:
                for target in self.needed(kind, item.get(group)):
                    self.draft.require(entry, target)

    def needed(self, kind: str, told: Any) -> list[Entry]:
        """Return what a list or (2 and 3) object of requirements means."""
        found: list[Entry] = []
        keys = list(told.values()) if isinstance(told, dict) else told
        for item in keys if isinstance(keys, list) else ():
            key = text(item)
            if not key.startswith(("npm:", "jsr:")):
                key = f"{kind}:{key}"
            key = self.specifiers.get(key, key)
            name = _split(key.partition(":")[2])[0]
            entry = self.entries.get(key) or self.named.get(f"{key.partition(':')[0]}:{name}")
            if entry is not None:
                found.append(entry)
        return found

    def direct(self) -> None:
        """Mark what the workspace names; files before 3 tell every specifier alike."""
        workspace = table(self.root.get("workspace"))
        asked: set[str] = set()
        members = [workspace, *map(table, table(workspace.get("members")).values())]
        for member in members:
            for one in (member, table(member.get("packageJson"))):
                listed = one.get("dependencies")
                if isinstance(listed, list):
                    asked.update(spec for spec in listed if isinstance(spec, str))
        keys = (self.specifiers.get(spec, "") for spec in asked)
        if workspace:
            self.draft.rank([self.entries[key] for key in keys if key in self.entries])


def _hash(integrity: str) -> str:
    return integrity.replace("-", ":", 1) if "-" in integrity else f"sha256:{integrity}"


def read(source: Source) -> Facts:
    """Return the packages of one deno.lock."""
    document = json_index.parse(source.data, depth=3)
    root = document.value
    if not isinstance(root, dict) or {"version", "remote", "npm", "packages"}.isdisjoint(root):
        raise InputError("no lockfile of Deno: it has no version", line=1)
    lock = _Lock(source, document)
    lock.draft.settings["version"] = text(root.get("version"))
    return lock.read()


READER = Reader(
    title="Deno lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("deno.lock",),
)
