"""Which installed package requires which: names become edges to the copies that are found.

A package's own file names what it asks for (``Package.wants``), and where all of them lie
decides which copy that is: Node looks in ``node_modules`` of the folder and of every folder
above it; the other ecosystems have one copy of a name in a folder, or in one archive.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from keten.model.delivery import Package
from keten.model.facts import Edge, Facts, Trust

_BY = "derive/requirements"
_MODULES = "/node_modules/"
_STORE = "/.pnpm/"
_UP = {"cran": 1, "otp": 2, "luarocks": 2}
"""How many folders a package has for itself alone, where its file says what it is."""
MAX_STEPS = 200
"""How many folders up a package of Node is looked for."""


def derive(facts: Facts) -> Facts:
    """Return ``requires`` edges among the installed packages of *facts*."""
    installed = [node for node in facts.nodes if isinstance(node, Package) and node.installed]
    asking = [one for one in installed if one.wants]
    if not asking:
        return Facts()
    nodes = _Modules(one for one in installed if one.ecosystem == "npm")
    others = _Folders(one for one in installed if one.ecosystem != "npm")
    edges = set()
    for one in asking:
        place = nodes if one.ecosystem == "npm" else others
        for want in one.wants:
            for ref in place.find(one, want):
                if ref != one.ref:
                    edges.add(Edge(one.ref, "requires", ref, Trust.OBSERVED, one.path, _BY))
    return Facts(edges=tuple(sorted(edges)))


class _Modules:
    """Packages of Node by the folder they are in, and those in pnpm's stores by version."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.at: dict[str, str] = {}
        self.stored: dict[tuple[str, str], list[str]] = defaultdict(list)
        for one in packages:
            folder = f"/{one.path.rpartition('/')[0]}"
            self.at.setdefault(folder, one.ref)
            head, store, _ = folder.rpartition(_STORE)
            if store:
                self.stored[head, f"{one.name}@{one.version}"].append(one.ref)

    def find(self, one: Package, want: str) -> Iterator[str]:
        """Yield what ``require(want)`` finds from inside *one*."""
        folder = f"/{one.path.rpartition('/')[0]}"
        if "@" in want[1:]:
            yield from self.stored.get((folder.rpartition(_STORE)[0], want), ())
            return
        for _ in range(MAX_STEPS):
            # Node skips a folder that is itself called node_modules.
            if not folder.endswith("/node_modules"):
                found = self.at.get(f"{folder}{_MODULES}{want}")
                if found:
                    yield found
                    return
            if not folder:
                return
            folder = folder.rpartition("/")[0]


class _Folders:
    """Packages of one ecosystem by where copies of a name exclude each other."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.by_name: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for one in packages:
            self.by_name[one.ecosystem, _scope(one), _name(one)].append(one.ref)

    def find(self, one: Package, want: str) -> Iterator[str]:
        """Yield the copies of *want* where *one* lies; several versions of it are all meant."""
        yield from self.by_name.get((one.ecosystem, _scope(one), want), ())


def _scope(one: Package) -> str:
    """Return the folder within which a name means one package."""
    steps = one.path.split("/")[:-1]
    if one.ecosystem == "gem" and steps[-1:] == ["default"]:
        return "/".join(steps[:-1])  # Ruby's own gems are found with the others
    up = _UP.get(one.ecosystem, 0)
    if one.ecosystem == "pypi":
        # In an .egg folder there is one level more than in site-packages/NAME.dist-info.
        up = 0 if one.path.endswith(".egg-info") else 2 if steps[-1:] == ["EGG-INFO"] else 1
    return "/".join(steps[: len(steps) - up])


def _name(one: Package) -> str:
    """Return the name as ``wants`` spells it: that in the PURL, which is the registry's."""
    if one.ecosystem == "pypi":
        return one.purl.removeprefix("pkg:pypi/").partition("@")[0].partition("?")[0]
    return one.name
