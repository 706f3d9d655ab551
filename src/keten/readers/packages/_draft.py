"""What every package reader fills in: packages as they are found, facts at the end.

A package that a file names several times (a nested copy, a marker for each platform) is one
node: direct if it is anywhere, for development or optional only if it is everywhere, standing
where it was named first.
"""

from collections.abc import Iterable, Mapping

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Manifest, Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.plug import Source

MAX_PACKAGES = 50_000
MAX_NAME = 1000
MAX_PROBLEMS = 100
_NAMESPACED = {"npm", "golang", "composer", "swift", "github", "terraform", "hex", "jsr",
               "nix"}  # fmt: skip
_MEND = "Mend the entry, or regenerate the file."
_USER = lazy(r"(https?://)[^/\s@?#]++@")
_UNPRINTABLE = lazy(r"[\x00-\x20\x7f]")


class Entry:
    """One package while the file is read; its fields are those of Package."""

    __slots__ = (
        "column", "constraint", "development", "direct", "ecosystem", "hashes", "licenses", "line",
        "name", "optional", "purl", "ref", "source", "version",
    )  # fmt: skip

    name: str
    version: str
    purl: str
    ref: str
    line: int
    column: int
    direct: bool | None
    development: bool
    optional: bool
    constraint: str
    source: str
    hashes: tuple[str, ...]
    ecosystem: str
    licenses: tuple[str, ...]


class Draft:
    """The facts of one file in the making.

    *settings* goes into the Manifest; ``note`` adds to a list in it and remembers the line.
    *complete* turns False when something in the file could not be read: then nobody may say
    that the file was read in full.
    """

    def __init__(self, source: Source, *, ecosystem: str, format: str, lock: bool) -> None:  # noqa: A002 the field's name
        from keten.formats import purl

        self._make = purl.make
        self.path = source.path
        self.ecosystem = ecosystem
        self.format = format
        self.lock = lock
        self.complete = True
        self.hashed: bool | None = None
        self.settings: dict[str, object] = {}
        self.fields: dict[str, int] = {}
        self.entries: dict[str, Entry] = {}
        self.ref = f"manifest {source.path}"
        self._edges: set[tuple[str, str, Trust]] = set()
        self._problems: list[Problem] = []

    def add(
        self,
        name: str,
        version: str = "",
        *,
        line: int,
        column: int = 1,
        direct: bool | None = None,
        development: bool = False,
        optional: bool = False,
        constraint: str = "",
        source: str = "",
        hashes: Iterable[str] = (),
        ecosystem: str = "",
        qualifiers: Mapping[str, str] | None = None,
        subpath: str = "",
        licenses: Iterable[str] = (),
    ) -> Entry | None:
        """Take in a package; None, with a Problem, where the name can not be one.

        *ecosystem* where it is not the file's own; *qualifiers* and *subpath* are the PURL's;
        *licenses* as written.
        """
        if not name or len(name) > MAX_NAME or _UNPRINTABLE.search(name):
            self.problem(f"an entry whose name {name[:40]!r} can not be a package's", line, column)
            return None
        kind = ecosystem or self.ecosystem
        namespace, base = _split(kind, name)
        try:
            url = self._make(kind, namespace, base, version, qualifiers, subpath)
        except InputError as error:
            self.problem(error.what, line, column)
            return None
        source, constraint = anonymous(source), anonymous(constraint)
        found = self.entries.get(url)
        if found is not None:
            found.direct = direct if found.direct is None else bool(found.direct or direct)
            found.development = found.development and development
            found.optional = found.optional and optional
            if constraint and constraint not in found.constraint.split(" || "):
                found.constraint = f"{found.constraint} || {constraint}".removeprefix(" || ")
            found.hashes += tuple(item for item in hashes if item not in found.hashes)
            found.source = found.source or source
            found.licenses = found.licenses or _licenses(licenses)
            return found
        if len(self.entries) >= MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES} packages in one file", line=line)
        entry = Entry()
        entry.name, entry.version, entry.purl = name, version, url
        entry.ref = f"package {self.path}#{url}"
        entry.line, entry.column, entry.direct = line, column, direct
        entry.development, entry.optional = development, optional
        entry.constraint, entry.source = constraint, source
        entry.hashes = tuple(dict.fromkeys(hashes))
        entry.licenses = _licenses(licenses)
        entry.ecosystem = kind
        self.entries[url] = entry
        return entry

    def require(self, src: Entry, dst: Entry, trust: Trust = Trust.OBSERVED) -> None:
        """Say that one package requires another."""
        if src is not dst:
            self._edges.add((src.ref, dst.ref, trust))

    def rank(self, direct: Iterable[Entry], development: Iterable[Entry] = ()) -> None:
        """Say which entries are direct, and which of those serve development only.

        What only these require, by the edges so far, serves development as well.
        """
        below: dict[str, list[str]] = {}
        for src, dst, _ in self._edges:
            below.setdefault(src, []).append(dst)
        asked = {entry.ref for entry in direct}
        aside = {entry.ref for entry in development}
        needed, unneeded = _reached(asked - aside, below), _reached(aside, below)
        for entry in self.entries.values():
            entry.direct = entry.ref in asked
            entry.development = entry.ref in unneeded and entry.ref not in needed

    def note(self, key: str, item: object, line: int) -> None:
        """Add *item* to the list ``settings[key]``; its field path is ``key[index]``."""
        items = self.settings.setdefault(key, [])
        assert isinstance(items, list)
        self.fields[f"{key}[{len(items)}]"] = line
        items.append(_anonymous(item))

    def problem(self, what: str, line: int = 0, column: int = 0, *, advice: str = _MEND) -> None:
        """Say that an entry could not be read; the rest of the file goes on."""
        self.complete = False
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(
                Problem(
                    self.path, what, line, column,
                    advice=advice, link=Link.DEPENDENCIES, about=self.ref, need="lockfile",
                )
            )  # fmt: skip

    def facts(self) -> Facts:
        """Return what was found."""
        manifest = Manifest(
            self.path,
            ecosystem=self.ecosystem,
            format=self.format,
            lock=self.lock,
            hashed=self.hashed,
            settings=self.settings,
        )
        ref, by = self.ref, f"packages/{self.format}"
        nodes: list[Package | Manifest] = [manifest]
        fields = dict(self.fields)
        looked, places, edges = [], [], []
        if self.complete:
            looked += [Looked(ref, "lockfile"), Looked(ref, "packages")]
        for entry in self.entries.values():
            nodes.append(self._package(entry))
            looked.append(Looked(entry.ref, "lockfile"))
            places.append(Place(entry.ref, self.path, entry.line, entry.column))
            edges.append(Edge(ref, "declares", entry.ref, Trust.OBSERVED, self.path, by))
            fields.setdefault(f"packages.{entry.name}", entry.line)
        places.append(Place(ref, self.path, 1, 1, msgspec.msgpack.encode(fields)))
        edges += [
            Edge(src, "requires", dst, trust, self.path, by)
            for src, dst, trust in sorted(self._edges)
        ]
        return Facts(
            nodes=tuple(nodes),
            edges=tuple(edges),
            looked=tuple(looked),
            problems=tuple(self._problems),
            places=tuple(places),
        )

    def _package(self, entry: Entry) -> Package:
        return Package(
            entry.ref.removeprefix("package "),
            ecosystem=entry.ecosystem,
            name=entry.name,
            version=entry.version,
            purl=entry.purl,
            path=self.path,
            line=entry.line,
            direct=entry.direct,
            development=entry.development,
            optional=entry.optional,
            constraint=entry.constraint,
            source=entry.source,
            hashes=entry.hashes,
            licenses=entry.licenses,
        )


def _reached(roots: Iterable[str], below: Mapping[str, list[str]]) -> set[str]:
    waiting, seen = list(roots), set[str]()
    while waiting:
        ref = waiting.pop()
        if ref not in seen:
            seen.add(ref)
            waiting += below.get(ref, ())
    return seen


def _licenses(texts: Iterable[str]) -> tuple[str, ...]:
    """Return licences as SPDX expressions; the longest that are kept as written are cut."""
    found = [text[:MAX_NAME] for text in texts if text]
    if not found:
        return ()
    from keten.formats.licences import licenses

    return licenses.gather(found)


def anonymous(text: str) -> str:
    """Leave user and password out of web addresses: facts are printed and kept."""
    return _USER.sub(r"\1", text) if "@" in text else text


def _anonymous(item: object) -> object:
    if isinstance(item, str):
        return anonymous(item)
    if isinstance(item, dict):
        return {key: _anonymous(value) for key, value in item.items()}
    return item


def decode(data: bytes) -> str:
    """Return UTF-8 text without its mark; InputError with the line where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("text that is not UTF-8", line=line) from error


def _split(ecosystem: str, name: str) -> tuple[str, str]:
    """Return the namespace and the name of a PURL."""
    if ecosystem == "maven":
        namespace, _, base = name.partition(":")
        return namespace, base
    if ecosystem == "cocoapods":
        return "", name.partition("/")[0]  # what follows is a subspec, told by a subpath
    if ecosystem in _NAMESPACED:
        namespace, _, base = name.rpartition("/")
        return namespace, base
    return "", name
