"""Programs that run on every node, by the names of their images: what they are there for."""

from collections.abc import Collection, Iterator

from keten.checks._images import parse
from keten.model.facts import View
from keten.model.kube import Cluster, Workload


def on_nodes(cluster: Cluster, view: View) -> Iterator[Workload]:
    """Yield the DaemonSets of the cluster's snapshot."""
    for workload in view.every(Workload):
        here = cluster.id in ("", ".") or workload.path.startswith(f"{cluster.id}/")
        if here and workload.kind == "DaemonSet":
            yield workload


def runs(workload: Workload, words: Collection[str]) -> bool:
    """Return whether a workload, its containers or their images have one of *words* in a name."""
    names = [workload.name, workload.namespace]
    for container in workload.pod.containers:
        image = parse(container.image)
        names += (container.name, image.repository if image is not None else container.image)
    return any(word in name.lower() for name in names for word in words)
