"""package-lock.json and npm-shrinkwrap.json, lockfileVersion 1, 2 and 3.

https://docs.npmjs.com/cli/configuring-npm/package-lock-json. What a package requires is found
as Node finds it: in the node_modules folder nearest above.
"""

from typing import Any

from keten.errors import CeilingError, InputError
from keten.formats import json_index
from keten.formats.json_index import Document, strings, table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

MAX_NESTING = 60
_FOLDER = "node_modules/"
_WANTED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class _Packages:
    """Versions 2 and 3: ``packages`` maps a folder to what lies in it."""

    def __init__(self, draft: Draft, document: Document) -> None:
        self.draft = draft
        self.document = document
        self.packages = table(document.value.get("packages"))
        self.entries: dict[str, Entry] = {}

    def read(self) -> None:
        for path, item in self.packages.items():
            line, column = self.document.at("packages", path)
            if not isinstance(item, dict):
                self.draft.problem(f"the entry of {path[:80]!r} is no object", line, column)
            elif _FOLDER not in path:
                self.member(path, item, line)
            elif not item.get("link"):
                self.package(path, item, line, column)
        for path, entry in self.entries.items():
            item = self.packages[path]
            for key in ("dependencies", "optionalDependencies", "peerDependencies"):
                for name in table(item.get(key)):
                    target = self.resolve(path, name)
                    if target is not None:
                        self.draft.require(entry, target)

    def member(self, path: str, item: dict[str, Any], line: int) -> None:
        """Take in the project itself ("") or a workspace or linked folder of it."""
        wanted = {key: strings(item.get(key)) for key in _WANTED if item.get(key)}
        self.draft.note("members", {"path": path, **wanted}, line)

    def package(self, path: str, item: dict[str, Any], line: int, column: int) -> None:
        name = text(item.get("name")) or path.rpartition(_FOLDER)[2]
        version = text(item.get("version"))
        origin, bundled = text(item.get("resolved")), item.get("inBundle") is True
        entry = self.draft.add(
            name,
            version,
            line=line,
            column=column,
            direct=False,
            development=item.get("dev") is True or item.get("devOptional") is True,
            optional=item.get("optional") is True or item.get("devOptional") is True,
            source="bundled" if bundled else _origin(origin),
            hashes=_hashes(item.get("integrity")),
            licenses=(_license(item.get("license")),),
        )
        if entry is None:
            return
        self.entries[path] = entry
        if item.get("hasInstallScript") is True:
            self.draft.note("install_scripts", f"{name}@{version}", line)

    def resolve(self, path: str, name: str) -> Entry | None:
        """Return what ``require(name)`` finds from the folder *path*."""
        here = f"{path}/" if path else ""
        for _ in range(MAX_NESTING):
            found = self.entries.get(f"{here}{_FOLDER}{name}")
            if found is not None or not here:
                return found
            cut = here.rfind(_FOLDER, 0, max(len(here) - len(_FOLDER), 0))
            outer = here[:-1].rpartition("/")[0] if cut < 0 else here[:cut]
            here = f"{outer.rstrip('/')}/" if outer.rstrip("/") else ""
        return None

    def direct(self) -> None:
        for path, item in self.packages.items():
            if _FOLDER in path or not isinstance(item, dict):
                continue
            for key in _WANTED:
                for name in table(item.get(key)):
                    found = self.resolve(path, name)
                    if found is not None:
                        found.direct = True


class _Tree:
    """Version 1: ``dependencies`` nest as the folders do."""

    def __init__(self, draft: Draft, document: Document) -> None:
        self.draft = draft
        self.document = document
        self.found: list[tuple[Entry, tuple[dict[str, Entry], ...], dict[str, Any]]] = []

    def read(self, wanted: set[str] | None) -> None:
        items = table(self.document.value.get("dependencies"))
        top = self.level(items, ("dependencies",), ())
        if wanted is not None:
            for entry in self.draft.entries.values():
                entry.direct = False
            for name in wanted & top.keys():
                top[name].direct = True
        self.draft.settings["patterns"] = sorted(items)
        for entry, scopes, item in self.found:
            for name in table(item.get("requires")):
                target = next((scope[name] for scope in scopes if name in scope), None)
                if target is not None:
                    self.draft.require(entry, target)

    def level(
        self, items: dict[str, Any], path: tuple[str, ...], above: tuple[dict[str, Entry], ...]
    ) -> dict[str, Entry]:
        if len(above) > MAX_NESTING:
            raise CeilingError(f"dependencies nested deeper than {MAX_NESTING}")
        scope: dict[str, Entry] = {}
        scopes = (scope, *above)
        for name, item in items.items():
            line, column = self.document.at(*path, name)
            if not isinstance(item, dict):
                self.draft.problem(f"the entry of {name[:80]!r} is no object", line, column)
                continue
            entry = self.package(name, item, line, column)
            below = table(item.get("dependencies"))
            if entry is not None:
                scope[name] = entry
            if below:
                inner = (*path, name, "dependencies")
                self.level(below, inner, scopes)
        for name, entry in scope.items():
            own = table(items[name].get("dependencies"))
            nested = {one: self.nested(one, below) for one, below in own.items()}
            self.found.append(
                (entry, ({k: v for k, v in nested.items() if v}, *scopes), items[name])
            )
        return scope

    def nested(self, name: str, item: Any) -> Any:
        version = text(table(item).get("version"))
        name, version = _alias(name, version)
        return self.draft.entries.get(_url(self.draft, name, version))

    def package(self, name: str, item: dict[str, Any], line: int, column: int) -> Entry | None:
        version = text(item.get("version"))
        name, version = _alias(name, version)
        origin = text(item.get("resolved"))
        if "/" in version or ":" in version:  # an address stands where the version would
            if version.startswith("file:"):
                self.draft.note("members", {"path": version[5:], "name": name}, line)
                return None
            origin, version = version, ""
        return self.draft.add(
            name,
            version,
            line=line,
            column=column,
            development=item.get("dev") is True,
            optional=item.get("optional") is True,
            source="bundled" if item.get("bundled") is True else _origin(origin),
            hashes=_hashes(item.get("integrity")),
        )


def _url(draft: Draft, name: str, version: str) -> str:
    from keten.formats import purl

    namespace, _, base = name.rpartition("/")
    try:
        return purl.make(draft.ecosystem, namespace, base, version)
    except InputError:
        return ""


def _alias(name: str, version: str) -> tuple[str, str]:
    """``npm:other@1.0``: the folder is called otherwise than the package in it."""
    if version.startswith("npm:"):
        real, _, number = version[4:].rpartition("@")
        if real:
            return real, number
    return name, version


def _origin(resolved: str) -> str:
    """Return where it came from; git addresses as ``git+ADDRESS#COMMIT``."""
    if resolved.startswith("github:"):
        return f"git+https://github.com/{resolved[7:]}"
    if resolved.startswith(("git://", "git@")):
        return f"git+{resolved}"
    if resolved.startswith("file:"):
        return f"path:{resolved[5:]}"
    return resolved


def _hashes(integrity: Any) -> list[str]:
    """Return Subresource Integrity as ``algorithm:base64``."""
    return [part.partition("?")[0].replace("-", ":", 1) for part in text(integrity).split()]


def _license(said: Any) -> str:
    """Return the licence; in old packages it is an object with a type."""
    return text(said) or text(table(said).get("type"))


def _wanted(source: Source) -> set[str] | None:
    """Return what the package.json beside it asks for, which version 1 does not repeat."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/package.json".lstrip("/"))
    if data is None:
        return None
    try:
        root = table(json_index.parse(data, depth=1).value)
    except InputError:
        return None  # its own reader says so
    return {name for key in _WANTED for name in table(root.get(key))}


def read(source: Source) -> Facts:
    """Return the packages of one lockfile of npm."""
    document = json_index.parse(source.data, depth=2 if b'"packages"' in source.data else 16)
    root = document.value
    if not isinstance(root, dict) or not ("lockfileVersion" in root or "dependencies" in root):
        raise InputError("no lockfile of npm: it has no lockfileVersion", line=1)
    draft = Draft(source, ecosystem="npm", format="package-lock.json", lock=True)
    version = root.get("lockfileVersion")
    draft.settings["version"] = version if isinstance(version, int) else 1
    if isinstance(root.get("packages"), dict):
        packages = _Packages(draft, document)
        packages.read()
        packages.direct()
    else:
        _Tree(draft, document).read(_wanted(source))
    fetched = [e for e in draft.entries.values() if e.source.startswith("http") or not e.source]
    draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
    return draft.facts()


READER = Reader(
    title="npm lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("package-lock.json", "npm-shrinkwrap.json"),
    version=2,
)
