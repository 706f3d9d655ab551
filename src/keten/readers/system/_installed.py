"""What every reader of an installed-package database fills in: packages, edges, problems."""

from collections.abc import Iterable, Mapping

from keten.errors import CeilingError, InputError
from keten.formats import os_release, purl
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.image import Contents
from keten.model.plug import Files, Source

MAX_PACKAGES = 60_000
MAX_NAME = 1000
MAX_TEXT = 4000
MAX_PROBLEMS = 100
MAX_EDGES = 500_000
_UNPRINTABLE = lazy(r"[\x00-\x20\x7f]")
_ADVICE = "See whether the package manager itself can read its database; it may be cut short."


class Installed:
    """The facts of one database in the making.

    *ecosystem* is the PURL type, *by* the reader's id. ``distro`` is what package URLs say of
    the operating system, ``vendor`` its ID: *fallback* where no file tells.
    """

    def __init__(self, source: Source, *, ecosystem: str, by: str, fallback: str = "") -> None:
        self.path = source.path
        self.ecosystem = ecosystem
        self.release = _identified(source.files)
        self.distro = self.release.qualifier if self.release else ""
        self.vendor = self.release.distro if self.release else fallback
        self._by = by
        self._packages: dict[str, tuple[Package, int]] = {}
        self._edges: dict[str, set[str]] = {}
        self._left = MAX_EDGES
        self._problems: list[Problem] = []

    def add(
        self,
        name: str,
        version: str,
        *,
        line: int = 0,
        arch: str = "",
        upstream: str = "",
        more: Mapping[str, str] | None = None,
        vendor: str | None = None,
        shown: str = "",
        called: str = "",
        source: str = "",
        hashes: tuple[str, ...] = (),
        licenses: tuple[str, ...] = (),
        supplier: str = "",
    ) -> str:
        """Take in a package and return its id, "" (with a Problem) where it can not be one.

        *version* is as the PURL has it, *shown* as the package manager writes it where that
        differs, *called* the same of the name. *more* are further qualifiers; *vendor* another
        namespace than the system's.
        """
        if not name or not version:
            self.problem(f"an entry without {'a version' if name else 'a name'}", line)
            return ""
        if max(len(name), len(version)) > MAX_NAME or _UNPRINTABLE.search(name + version):
            self.problem(f"an entry whose name or version can not be one: {name[:40]!r}", line)
            return ""
        qualifiers = {"arch": arch, "distro": self.distro, "upstream": upstream, **(more or {})}
        space = self.vendor if vendor is None else vendor
        try:
            url = purl.make(self.ecosystem, space, name, version, qualifiers)
        except InputError as error:
            self.problem(error.what, line)
            return ""
        key = f"{self.path}#{url}"
        if key in self._packages:
            return key
        if len(self._packages) >= MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages in one database", line=line)
        package = Package(
            key,
            ecosystem=self.ecosystem,
            name=called or name,
            version=shown or version,
            purl=url,
            path=self.path,
            line=line,
            source=source[:MAX_TEXT],
            hashes=hashes,
            installed=True,
            licenses=licenses,
            supplier=supplier[:MAX_TEXT],
        )
        self._packages[key] = (package, line)
        return key

    def require(self, src: str, dst: str) -> None:
        """Say that one package (by its id) requires another that is installed."""
        if src != dst and self._left:
            self._left -= 1
            self._edges.setdefault(src, set()).add(dst)

    def problem(self, what: str, line: int = 0, *, advice: str = _ADVICE) -> None:
        """Say that an entry could not be read; the rest of the database goes on."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(
                Problem(
                    self.path, what, line, advice=advice, link=Link.IMAGE, need="installed"
                )
            )  # fmt: skip

    def facts(self) -> Facts:
        """Return what was found, in the order of the database."""
        nodes = [package for package, _ in self._packages.values()]
        refs = {node.id: node.ref for node in nodes}
        return Facts(
            nodes=tuple(nodes),
            edges=tuple(
                Edge(refs[src], "requires", refs[dst], Trust.OBSERVED, self.path, self._by)
                for src in sorted(self._edges)
                for dst in sorted(self._edges[src])
            ),
            looked=tuple(Looked(ref, "lockfile") for ref in refs.values()),
            problems=tuple(self._problems),
            places=tuple(
                Place(refs[package.id], self.path, line, 1 if line else 0)
                for package, line in self._packages.values()
            ),
        )  # fmt: skip


_last: tuple[Files, os_release.Release | None] | None = None


def _identified(files: Files) -> os_release.Release | None:
    """Return the operating system; the last one is remembered, as thousands of files may ask."""
    global _last  # noqa: PLW0603 one entry; the same files are the same object
    if _last is None or _last[0] is not files:
        _last = files, os_release.identify(files.read)
    return _last[1]


def contents(found: Mapping[str, Iterable[str]]) -> Facts:
    """Return the files of packages, by the packages' ids; paths are from the root."""
    return Facts(
        nodes=tuple(
            Contents(key, files=files)
            for key, paths in found.items()
            if (files := tuple(sorted(paths)))
        )
    )
