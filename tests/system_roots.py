"""A root filesystem as a dictionary of files, read as an image's is: by anchors and paths."""

from fnmatch import fnmatchcase

from keten import plugs
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.image import Contents
from keten.model.plug import Reader, Source


class Root:
    """Files by their paths from the root."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def exists(self, path: str) -> bool:
        return path in self.files

    def facts(self, name: str) -> Facts:
        """Return what one reader says of all the files that it wants."""
        reader = plugs.load(Reader, name)
        parts = []
        for path in sorted(self.files):
            base = path.rpartition("/")[2]
            wanted = (
                any(_anchored(path, anchor) for anchor in reader.anchors)
                or any(fnmatchcase(path, glob) for glob in reader.paths)
                or any(fnmatchcase(base, glob) for glob in reader.names)
            )
            if not wanted:
                continue
            data = self.files[path]
            if reader.sift is not None:
                data = reader.sift(data, path) if reader.sift_path else reader.sift(data)
                if not data:
                    continue
            parts.append(reader.read(Source(path, data, self)))
        return Facts(
            nodes=tuple(node for part in parts for node in part.nodes),
            edges=tuple(edge for part in parts for edge in part.edges),
            looked=tuple(item for part in parts for item in part.looked),
            problems=tuple(item for part in parts for item in part.problems),
            places=tuple(item for part in parts for item in part.places),
        )


def packages(facts: Facts) -> dict[str, Package]:
    """Return the packages by name (with the architecture, where a name occurs twice)."""
    found: dict[str, Package] = {}
    for node in facts.nodes:
        if isinstance(node, Package):
            found[node.name if node.name not in found else node.purl] = node
    return found


def owned(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the files of packages, by the packages' names."""
    return {
        node.id.partition("#")[2].partition("@")[0].rpartition("/")[2]: node.files
        for node in facts.nodes
        if isinstance(node, Contents)
    }


def requires(facts: Facts) -> set[tuple[str, str]]:
    """Return the edges ``requires`` as pairs of names."""
    names = {node.ref: node.name for node in facts.nodes if isinstance(node, Package)}
    return {(names[edge.src], names[edge.dst]) for edge in facts.edges}


def _anchored(path: str, anchor: str) -> bool:
    folder, _, last = anchor.rpartition("/")
    return path.rpartition("/")[0] == folder and fnmatchcase(path.rpartition("/")[2], last)
