"""What every reader of programs fills in: the packages that one executable is made of."""

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Manifest, Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Node, Trust

MAX_PACKAGES = 50_000
MAX_NAME = 1000
_MAX_PROBLEMS = 100
_UNPRINTABLE = lazy(r"[\x00-\x20\x7f]")


class Program:
    """The facts of one executable in the making; *by* is the reader's id.

    Its packages need no line: they stand in the file as a whole.
    """

    def __init__(self, path: str, *, by: str, ecosystem: str) -> None:
        self.path = path
        self.by = by
        self.ecosystem = ecosystem
        self.packages: dict[str, Package] = {}
        self.more: list[Node] = []
        self._edges: set[tuple[str, str]] = set()
        self._problems: list[Problem] = []
        self._complete = True

    def add(
        self,
        kind: str,
        name: str,
        version: str = "",
        *,
        namespace: str = "",
        qualifiers: dict[str, str] | None = None,
        installed: bool = True,
        **fields: object,
    ) -> Package | None:
        """Take in a package of PURL type *kind*; None, with a Problem, for what is no name.

        Of two that are the same package the first one stays.
        """
        from keten.formats import purl

        whole = f"{namespace}/{name}" if namespace else name
        if not name or len(whole) > MAX_NAME or _UNPRINTABLE.search(whole + version):
            self.problem(f"a package whose name {whole[:40]!r} can not be one")
            return None
        if len(self.packages) >= MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages in one program")
        try:
            url = purl.make(kind, namespace, name, version, qualifiers)
        except InputError as error:
            self.problem(error.what)
            return None
        package = Package(
            f"{self.path}#{url}",
            ecosystem=kind,
            name=whole,
            version=version,
            purl=url,
            path=self.path,
            installed=installed,
            **fields,  # type: ignore[arg-type]
        )
        return self.packages.setdefault(url, package)

    def require(self, src: Package, dst: Package) -> None:
        """Say that one package is built with another."""
        if src is not dst:
            self._edges.add((src.ref, dst.ref))

    def problem(self, what: str, *, advice: str = "", about: Package | None = None) -> None:
        """Say what could not be read; the rest of the program stands."""
        self._complete = False
        if len(self._problems) < _MAX_PROBLEMS:
            self._problems.append(
                Problem(
                    self.path,
                    what,
                    advice=advice or "Look at the program with its own tools, or build it anew.",
                    link=Link.DEPENDENCIES,
                    about=about.ref if about else "",
                    need="lockfile",
                )
            )

    def manifest(self, form: str, settings: dict[str, object]) -> Manifest:
        """Return the record of what the program says of its own making."""
        return Manifest(
            self.path, ecosystem=self.ecosystem, format=form, lock=True, settings=settings
        )

    def facts(self, manifest: Manifest | None = None) -> Facts:
        """Return what was found; each package stands in *manifest*, where there is one."""
        nodes: list[Node] = [*self.packages.values(), *self.more]
        edges = [
            Edge(src, "requires", dst, Trust.OBSERVED, self.path, self.by)
            for src, dst in sorted(self._edges)
        ]
        refs = [package.ref for package in self.packages.values()]
        looked = [Looked(ref, "lockfile") for ref in refs]
        if manifest is not None:
            nodes.append(manifest)
            edges += [
                Edge(manifest.ref, "declares", ref, Trust.OBSERVED, self.path, self.by)
                for ref in refs
            ]
            if self._complete:
                looked += [Looked(manifest.ref, need) for need in ("lockfile", "packages")]
        return Facts(
            nodes=tuple(nodes),
            edges=tuple(edges),
            looked=tuple(looked),
            problems=tuple(self._problems),
            places=tuple(Place(ref, self.path) for ref in refs),
        )
