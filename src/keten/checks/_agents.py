"""Programs that run on every node, by the names of their images: what they are there for."""

from collections.abc import Collection, Iterator

from keten.checks._images import parse
from keten.cluster.scopes import inside
from keten.model.facts import View
from keten.model.finding import Change, Violation
from keten.model.kube import Cluster, Workload


def has_nodes(cluster: Cluster) -> bool:
    """Return whether there are nodes; where they were not listed it is not known."""
    return cluster.listed.get("nodes", 1) > 0


def lacking(
    cluster: Cluster, view: View, known: Collection[str], *, what: str, action: str
) -> Iterator[Violation]:
    """Report a cluster whose DaemonSets have none of the *known* words: none is *what*."""
    found = list(_on_nodes(cluster, view))
    if not any(_runs(item, known) for item in found):
        yield Violation(
            f"none of {len(found)} DaemonSets is a {what} that keten knows",
            change=Change("", "", "", action),
        )


def _on_nodes(cluster: Cluster, view: View) -> Iterator[Workload]:
    """Yield the DaemonSets of the cluster's snapshot."""
    for workload in view.every(Workload):
        if workload.kind == "DaemonSet" and inside(workload.path, cluster):
            yield workload


def _runs(workload: Workload, words: Collection[str]) -> bool:
    """Return whether a workload, its containers or their images have one of *words* in a name."""
    names = [workload.name, workload.namespace]
    for container in workload.pod.containers:
        image = parse(container.image)
        names += (container.name, image.repository if image is not None else container.image)
    return any(word in name.lower() for name in names for word in words)
