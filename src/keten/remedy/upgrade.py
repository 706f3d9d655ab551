"""The upgrade that resolves a package's vulnerabilities: which version, proved, and through whom.

The version is looked up again in the same database as the one that was judged. For a package
that nobody asked for by name, the shortest chain of those who require it says where to begin.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from keten.advisories.database import Database
from keten.advisories.lookup import Lookup, lookup_in
from keten.advisories.questions import of_distribution, question
from keten.model.delivery import Advisory, Package
from keten.model.facts import Edge, Facts, Trust


class Upgrade(Struct, frozen=True):
    """One package in one file. *closes* and *open* are ids of vulnerabilities.

    *after* is "" where no later version is known to be fixed. *through* are the packages from
    one that the project asks for down to the one that requires this; empty where it is asked
    for itself, or where the file has no such edges.
    """

    package: str
    path: str
    line: int
    name: str
    before: str
    after: str
    closes: tuple[str, ...]
    open: tuple[str, ...]
    through: tuple[str, ...] = ()

    @property
    def proof(self) -> str:
        """Return in words how the version was judged again."""
        if not self.after:
            return "no later version is known to be fixed"
        if not self.open:
            return f"{self.name} {self.after} was looked up again: nothing known affects it"
        return f"{self.name} {self.after} was looked up again: {', '.join(self.open)} stay"


def choose(package: Package, database: Database | Lookup) -> tuple[str, tuple[str, ...]]:
    """Return the smallest version free of all that is known, and what it still has.

    Where no version is free of all, the one with the fewest. "" where none is known to be
    better, with all that the package has.
    """
    lookup = database if isinstance(database, Lookup) else lookup_in(database)
    asked = question(package)
    found = lookup.answer(asked)
    mine = tuple(v.cluster.id for v in found.vulnerabilities)
    goal = lookup.better(asked)
    if goal is None:
        return "", mine
    prefix = "v" if package.version[:1] == "v" and package.version[1:2].isdigit() else ""
    return prefix + goal.version, goal.open


def plan(facts: Facts, database: Database) -> tuple[Upgrade, ...]:
    """Return an upgrade for each affected package of each file, sorted by file and line."""
    lookup = lookup_in(database)
    told = {node.ref: node for node in facts.nodes if isinstance(node, Advisory)}
    if not told:
        return ()
    affected: dict[str, list[str]] = {}
    for edge in facts.edges:
        if edge.relation != "affected-by" or edge.trust < Trust.OBSERVED:
            continue
        advisory = told.get(edge.dst)
        if advisory is not None and not advisory.malicious:
            affected.setdefault(edge.src, []).append(advisory.vulnerability)
    nodes = {node.ref: node for node in facts.nodes if isinstance(node, Package)}
    chains = Chains(nodes, facts.edges)
    made = []
    for ref, found in sorted(affected.items()):
        package = nodes.get(ref)
        if isinstance(package, Package):
            after, left = choose(package, lookup)
            through = chains.through(package)
            made.append(_upgrade(package, found, after, left=left, through=through))
    return tuple(sorted(made, key=lambda u: (u.path, u.line, u.package)))


def _upgrade(
    package: Package,
    found: Sequence[str],
    after: str,
    *,
    left: tuple[str, ...],
    through: tuple[str, ...],
) -> Upgrade:
    return Upgrade(
        package.ref,
        package.path,
        package.line,
        *_judged(package),
        after,
        tuple(sorted(set(found) - set(left))) if after else (),
        left,
        through,
    )


def _judged(package: Package) -> tuple[str, str]:
    """Return name and version that are compared: a distribution's source package's."""
    return (
        question(package).names[0] if of_distribution(package) else (package.name, package.version)
    )


class Chains:
    """The shortest ways down to packages from those that are asked for by name.

    All are found in one walk down. Of several of one length it is the one that is first by the
    refs of the packages on it, from the lowest up.
    """

    def __init__(self, nodes: Mapping[str, object], edges: Iterable[Edge]) -> None:
        self._nodes = {ref: n for ref, n in nodes.items() if isinstance(n, Package)}
        below: dict[str, list[str]] = {}
        self._above: dict[str, str] = {}
        level = [ref for ref, node in self._nodes.items() if node.direct]
        for edge in edges if level else ():  # where nobody asks for any there is no way down
            if edge.relation == "requires" and edge.dst in self._nodes:
                below.setdefault(edge.src, []).append(edge.dst)
        seen = set(level)
        while level:
            found: dict[str, str] = {}
            for ref in level:
                for child in below.get(ref, ()):
                    if child not in seen and ref < found.get(child, ref + "\0"):
                        found[child] = ref
            self._above |= found
            level = list(found)
            seen.update(level)

    def through(self, package: Package) -> tuple[str, ...]:
        """Return the names from one that is asked for down to what requires *package*.

        Empty where it is asked for itself, or where nothing says who requires it.
        """
        names = []
        ref = "" if package.direct else self._above.get(package.ref, "")
        while ref:
            names.append(self._nodes[ref].name)
            ref = self._above.get(ref, "")
        return tuple(reversed(names))
