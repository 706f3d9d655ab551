"""pnpm-lock.yaml, lockfileVersion 5.x, 6.x and 9.0.

A package's key is ``/name/1.0.0_peers`` in 5, ``/name@1.0.0(peers)`` in 6, ``name@1.0.0`` in 9,
where what it requires stands apart, under ``snapshots``, once for each set of peers.
"""

import re
from collections.abc import Callable
from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_GROUPS = ("dependencies", "optionalDependencies", "devDependencies")
_KEY = lazy(r"/?((?:@[^/@]++/)?[^/@]++)([/@])(.+)", re.DOTALL)
_LOCAL = ("link:", "file:", "workspace:")


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="npm", format="pnpm-lock.yaml", lock=True)
        self.entries: dict[str, Entry] = {}
        self.needs: dict[str, list[tuple[str, bool]]] = {}  # key: what it requires, if optional
        self.roots: dict[str, list[str]] = {group: [] for group in _GROUPS}
        self.flagged = False  # 5 and 6 mark what is for development themselves

    def read(
        self, root: dict[str, Any], fields: dict[str, int], step: Callable[[str], str]
    ) -> None:
        packages = table(root.get("packages"))
        for key, item in packages.items():
            line = fields.get(f"packages{step(str(key))}", 0)
            if isinstance(item, dict):
                self.package(str(key), item, line)
            else:
                self.draft.problem(f"the entry of {str(key)[:80]!r} is no mapping", line)
        snapshots = table(root.get("snapshots"))
        for key, item in (snapshots or packages).items():
            self.snapshot(str(key), table(item))
        importers = table(root.get("importers")) or {".": root}
        for item in importers.values():
            self.importer(table(item))

    def package(self, key: str, item: dict[str, Any], line: int) -> None:
        resolution = table(item.get("resolution"))
        name, version = _name(key)
        name = _text(item.get("name")) or name
        version = _text(item.get("version")) or version
        if resolution.get("type") == "directory":
            self.draft.note(
                "members", {"name": name, "path": _text(resolution.get("directory"))}, line
            )
            return
        self.flagged = self.flagged or "dev" in item
        entry = self.draft.add(
            name,
            "" if ":" in version or "/" in version else version,
            line=line,
            direct=False,
            development=item.get("dev") is True,
            optional=item.get("optional") is True,
            source=_source(resolution),
            hashes=[
                part.replace("-", ":", 1) for part in _text(resolution.get("integrity")).split()
            ],
        )
        if entry is None:
            return
        self.entries[key] = entry
        if item.get("requiresBuild") is True:
            self.draft.note("install_scripts", f"{name}@{version}", line)

    def snapshot(self, key: str, item: dict[str, Any]) -> None:
        if key not in self.entries:
            plain = self.entries.get(key.partition("(")[0])
            if plain is None:
                return
            self.entries[key] = plain
        needs = self.needs.setdefault(key, [])
        for group in _GROUPS[:2]:
            for name, reference in table(item.get(group)).items():
                needs.append((self.key(str(name), _text(reference)), group != "dependencies"))

    def importer(self, item: dict[str, Any]) -> None:
        for group in _GROUPS:
            for name, wanted in table(item.get(group)).items():
                version = wanted.get("version") if isinstance(wanted, dict) else wanted
                self.roots[group].append(self.key(str(name), _text(version)))

    def key(self, name: str, reference: str) -> str:
        """Return the key that a reference means; "" for a folder of the project."""
        if reference.startswith(_LOCAL):
            return ""
        tries = (
            f"{name}@{reference}", f"/{name}@{reference}", f"/{name}/{reference}", reference,
            f"/{reference}", f"{name}@{reference}".partition("(")[0], reference.partition("(")[0],
        )  # fmt: skip
        return next((key for key in tries if key in self.entries or key in self.needs), "")

    def finish(self) -> Facts:
        draft = self.draft
        for key, needs in self.needs.items():
            for target, _ in needs:
                if target in self.entries:
                    draft.require(self.entries[key], self.entries[target])
        for keys in self.roots.values():
            for key in keys:
                if key in self.entries:
                    self.entries[key].direct = True
        if not self.flagged:
            needed = self.reach(self.roots["dependencies"], optional=False)
            wanted = self.reach(
                self.roots["dependencies"] + self.roots["optionalDependencies"], optional=True
            )
            for entry in draft.entries.values():
                entry.development = entry.ref not in wanted
                entry.optional = entry.ref in wanted and entry.ref not in needed
        fetched = [e for e in draft.entries.values() if not e.source.startswith(("git+", "path:"))]
        draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
        return draft.facts()

    def reach(self, start: list[str], *, optional: bool) -> set[str]:
        seen: set[str] = set()
        waiting = [key for key in start if key in self.entries]
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                needs = self.needs.get(key, ())
                waiting += [
                    k for k, extra in needs if k in self.entries and (optional or not extra)
                ]
        return {self.entries[key].ref for key in seen}


def _name(key: str) -> tuple[str, str]:
    """Return name and version from a key of any version."""
    found = _KEY.match(key.partition("(")[0])
    if found is None:
        return key, ""
    name, mark, version = found.groups()
    return name, version.partition("_")[0] if mark == "/" else version


def _source(resolution: dict[str, Any]) -> str:
    """Return where a package comes from, "" for the registry that is set."""
    if resolution.get("type") == "git" or "repo" in resolution:
        return f"git+{_text(resolution.get('repo'))}#{_text(resolution.get('commit'))}"
    tarball = _text(resolution.get("tarball"))
    if tarball.startswith("https://codeload.github.com/"):
        owner, _, commit = tarball.removeprefix("https://codeload.github.com/").partition(
            "/tar.gz/"
        )
        return f"git+https://github.com/{owner}#{commit}"
    return f"path:{tarball[5:]}" if tarball.startswith("file:") else tarball


def _text(value: Any) -> str:
    """Return text as it is, and a number as YAML spelled it."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def read(source: Source) -> Facts:
    """Return the packages of one pnpm-lock.yaml."""
    from keten.formats.yaml import documents as yaml

    lock = _Lock(source)
    known = False
    for document in yaml.load_all(source.data, yaml.Dialect.CORE):
        if isinstance(document.value, dict) and "lockfileVersion" in document.value:
            known = True
            lock.draft.settings["version"] = _text(document.value["lockfileVersion"])
            lock.read(document.value, document.fields, yaml.step)
    if not known:
        raise InputError("no lockfile of pnpm: it has no lockfileVersion", line=1)
    return lock.finish()


READER = Reader(
    title="pnpm lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    names=("pnpm-lock.yaml",),
)
