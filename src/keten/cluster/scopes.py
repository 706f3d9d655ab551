"""Which objects of a tree are applied together.

The same object may lie in a repository several times: a base, its overlays, a release bundle.
Objects are only related within one *scope*: the top-most directory under which no object
(kind, namespace, name) is defined twice. Where one is, each child directory, and the
directory's own files, are judged apart, and so on down. What was listed from one cluster is one
scope.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from keten.model.delivery import Chart
from keten.model.kube import Cluster, Object

# What a kustomization may say without changing which objects relate to which.
_PLAIN = {
    "apiVersion", "kind", "metadata", "resources", "namespace", "namePrefix", "nameSuffix",
    "labels", "commonLabels", "commonAnnotations", "images", "replicas", "buildMetadata",
    "sortOptions", "configMapGenerator", "secretGenerator", "generatorOptions",
}  # fmt: skip
_RECIPES = {"chart.yaml", "kustomization.yaml", "kustomization.yml", "kustomization"}


class Scope(Struct, frozen=True):
    """Objects that are applied together.

    *whole* is false where objects may be missing or stand for alternatives: a template in the
    same tree was not rendered, or the files of one folder define an object twice. What is not
    found in such a scope is not known to be absent. *cluster* is the one that was listed; then
    what it did not tell (its ``denied`` and ``failed``) is not known either.
    """

    folder: str
    objects: tuple[Object, ...]
    whole: bool
    cluster: Cluster | None = None


def scopes(
    objects: Iterable[Object], charts: Iterable[Chart], clusters: Iterable[Cluster] = ()
) -> Iterator[Scope]:
    """Yield the scopes of *objects*, which have paths: of each of *clusters*, then by folder."""
    rest = list(objects)
    for cluster in sorted(clusters, key=lambda item: (-len(item.id), item.id)):
        mine = [item for item in rest if inside(item.path, cluster)]
        if mine:
            rest = [item for item in rest if not inside(item.path, cluster)]
            yield Scope(cluster.id, tuple(mine), whole=True, cluster=cluster)
    blockers = sorted({_folder(chart.id) for chart in charts if _hides(chart)})
    stack = [("", rest)]
    while stack:
        folder, items = stack.pop()
        if not items:
            continue
        if not _repeats(items):
            yield _scope(folder, items, blockers, whole=True)
            continue
        own, children = _split(folder, items)
        if own:
            yield _scope(folder, own, blockers, whole=not _repeats(own))
        stack += [(name, children[name]) for name in sorted(children, reverse=True)]


def inside(path: str, cluster: Cluster) -> bool:
    """Return whether the file at *path* is of what was listed from *cluster*."""
    return cluster.id == "." or path.startswith(f"{cluster.id}/")


def _scope(folder: str, items: Sequence[Object], blockers: list[str], *, whole: bool) -> Scope:
    where = f"{folder}/" if folder else ""
    hidden = any(
        f"{blocker}/".startswith(where) or where.startswith(f"{blocker}/") or not blocker
        for blocker in blockers
    )
    return Scope(folder, tuple(items), whole and not hidden)


def _repeats(items: Iterable[Object]) -> bool:
    seen: dict[tuple[str, str, str], str] = {}
    for item in items:
        path = seen.setdefault((item.kind, item.namespace, item.name), item.path)
        if path != item.path:
            return True
    return False


def _split(folder: str, items: Iterable[Object]) -> tuple[list[Object], dict[str, list[Object]]]:
    own: list[Object] = []
    children: dict[str, list[Object]] = {}
    start = len(folder) + 1 if folder else 0
    for item in items:
        cut = item.path.find("/", start)
        if cut < 0:
            own.append(item)
        else:
            children.setdefault(item.path[:cut], []).append(item)
    return own, children


def _folder(path: str) -> str:
    folder, name = posixpath.split(path)
    lowered = name.lower()
    if lowered in _RECIPES or lowered.endswith((".yaml", ".yml", ".json", ".jsonnet")):
        return folder
    return "" if path == "." else path.rstrip("/")


def _hides(chart: Chart) -> bool:
    """Return whether what *chart* makes can differ from the objects that lie beside it."""
    if chart.rendered:
        return False
    if chart.tool != "kustomize" or not chart.spec:
        return True
    resources = chart.spec.get("resources")
    if not isinstance(resources, list) or not set(chart.spec) <= _PLAIN:
        return True
    return any(not isinstance(r, str) or ".." in r or "://" in r for r in resources)
