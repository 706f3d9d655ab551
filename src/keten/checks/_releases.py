"""What the checks of a cluster's releases share: which program is of which release, and where.

What pods run is told by the tag of their image; a kubelet tells its own release.
"""

from collections.abc import Iterator

from msgspec import Struct

from keten.cluster.scopes import inside
from keten.model.facts import View
from keten.model.kube import Cluster, Resource, Workload
from keten.model.kubernetes_releases import minor_of

SYSTEM = "kube-system"
_BUILDS = ("", "-amd64", "-arm64")
"""What follows a program's name in the name of its image."""


class Running(Struct, frozen=True, order=True):
    """A program of one release: *version* as it is told, *where* its pod or node."""

    minor: int
    version: str
    where: str
    nodes: tuple[str, ...] = ()

    def named(self, name: str) -> str:
        """Return the beginning of what is said of it as the program *name*."""
        return f"{name} {self.version[:40]} ({self.where[:60]}) is"


def programs(cluster: Cluster, view: View, name: str) -> list[Running]:
    """Return the releases of the program *name* that pods of kube-system run, each once."""
    wanted = {name + build for build in _BUILDS}
    found: dict[str, Running] = {}
    for workload in view.every(Workload):
        if workload.namespace != SYSTEM or not inside(workload.path, cluster):
            continue
        for container in workload.pod.containers:
            image, _, tag = container.image.partition("@")[0].rpartition("/")[2].partition(":")
            minor = minor_of(tag) if image in wanted else 0
            if minor:
                running = Running(minor, tag, workload.title, workload.nodes)
                found[tag] = min(found.get(tag, running), running)
    return sorted(found.values())


def kubelets(cluster: Cluster, view: View) -> Iterator[Running]:
    """Yield the release of each node's kubelet that tells one."""
    for node in view.every(Resource):
        if node.kind != "Node" or not inside(node.path, cluster):
            continue
        info = node.status.get("nodeInfo")
        version = str(info.get("kubeletVersion") or "") if isinstance(info, dict) else ""
        minor = minor_of(version)
        if minor:
            yield Running(minor, version, node.name)


def servers(cluster: Cluster, view: View) -> tuple[int, int]:
    """Return the oldest and the newest release of the cluster's API servers; (0, 0) unknown.

    The skew is narrowed by both where they differ (version skew policy).
    """
    minors = {running.minor for running in programs(cluster, view, "kube-apiserver")}
    minors |= {cluster.minor} - {0}
    return (min(minors), max(minors)) if minors else (0, 0)


def apart(name: str, running: Running, servers: tuple[int, int], most: int) -> str:
    """Return how a program does not fit the API servers, oldest and newest; "" where it does.

    It is newer than one of them, or more than *most* releases older than another.
    """
    oldest, newest = servers
    said = running.named(name)
    if running.minor > oldest:
        return f"{said} newer than the API server 1.{oldest}"
    if newest - running.minor > most:
        releases = "one release" if most == 1 else f"{most} releases"
        return f"{said} more than {releases} older than the API server 1.{newest}"
    return ""


def printed(names: list[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    names = sorted(names)
    return names[0][:60] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
