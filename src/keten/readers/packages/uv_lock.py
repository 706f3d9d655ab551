"""uv.lock, versions 1: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile.

The project and its workspace members stand in the file as packages of their own; they are what
the others are reached from, not dependencies. A package is for development when it is reached
through a dependency group only, optional when through an extra only.
"""

from typing import Any

from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_Key = tuple[str, str]


class _Lock:
    def __init__(self, source: Source, root: Table) -> None:
        self.draft = Draft(source, ecosystem="pypi", format="uv.lock", lock=True)
        self.packages: dict[_Key, Table] = {}
        self.by_name: dict[str, list[_Key]] = {}
        self.entries: dict[_Key, Entry] = {}
        self.members: list[_Key] = []
        for package in root.tables("package"):
            self.take(package)

    def take(self, package: Table) -> None:
        draft, line = self.draft, package.at("name")
        name, version = pep508.normalise(package.text("name")), package.text("version")
        origin = package.table("source")
        local = origin.text("editable") or origin.text("virtual") or origin.text("directory")
        if not name:
            draft.problem("a package without a name", line)
            return
        key = (name, version)
        if local:
            self.members.append(key)
            draft.note("members", {"name": name, "path": local}, line)
        elif not version:
            draft.problem(f"package {name[:80]} without a version", line)
            return
        else:
            entry = draft.add(
                name, version, line=line, source=_source(origin), hashes=_hashes(package)
            )
            if entry is None:
                return
            self.entries[key] = entry
        self.packages[key] = package
        self.by_name.setdefault(name, []).append(key)

    def targets(self, items: Any) -> list[_Key]:
        """Return the packages that a list of dependencies means, told apart by version."""
        found: list[_Key] = []
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, Table):
                continue
            keys = self.by_name.get(pep508.normalise(item.text("name")), [])
            version = item.text("version")
            found += [key for key in keys if not version or key[1] == version]
        return found

    def edges(self) -> None:
        for key, entry in self.entries.items():
            package = self.packages[key]
            for target in self.targets(package.get("dependencies")) + self.extras(package):
                if target in self.entries:
                    self.draft.require(entry, self.entries[target])

    def extras(self, package: Table, group: str = "optional-dependencies") -> list[_Key]:
        return [key for items in package.table(group).values() for key in self.targets(items)]

    def reach(self, start: list[_Key]) -> set[_Key]:
        seen: set[_Key] = set()
        waiting = list(start)
        while waiting:
            key = waiting.pop()
            if key in seen or key not in self.packages:
                continue
            seen.add(key)
            package = self.packages[key]
            waiting += self.targets(package.get("dependencies"))
            if key in self.entries:
                waiting += self.extras(package)
        return seen

    def classify(self) -> None:
        main: list[_Key] = []
        extra: list[_Key] = []
        development: list[_Key] = []
        for key in self.members:
            package = self.packages[key]
            main += self.targets(package.get("dependencies"))
            extra += self.extras(package)
            development += self.extras(package, "dev-dependencies")
        direct = {*main, *extra, *development}
        needed, optional = self.reach(main), self.reach(extra)
        for key, entry in self.entries.items():
            entry.direct = key in direct if self.members else None
            entry.optional = key not in needed and key in optional
            entry.development = bool(self.members) and key not in needed and key not in optional


def read(source: Source) -> Facts:
    """Return the packages of one uv.lock."""
    root = toml_lines.parse(source.data)
    lock = _Lock(source, root)
    lock.edges()
    lock.classify()
    draft = lock.draft
    from_index = [one for one in draft.entries.values() if not one.source.startswith("git+")]
    draft.hashed = all(one.hashes for one in from_index) if from_index else None
    return draft.facts()


def _source(origin: Table) -> str:
    if origin.text("git"):
        address, _, commit = origin.text("git").partition("#")
        return f"git+{address.partition('?')[0]}#{commit}"
    registry = origin.text("registry")
    if registry:
        return "" if registry.rstrip("/") == "https://pypi.org/simple" else f"registry+{registry}"
    if origin.text("path"):
        return f"path:{origin.text('path')}"
    return origin.text("url")


def _hashes(package: Table) -> list[str]:
    files = [package.table("sdist"), *package.tables("wheels")]
    return [item.text("hash") for item in files if item.text("hash")]


READER = Reader(
    title="uv lockfile",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("uv.lock",),
)
