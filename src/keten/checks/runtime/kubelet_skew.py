"""Kubelet does not fit the API server.

A kubelet newer than its API server is not supported; one more than three minor releases older
(two before 1.28) neither. What passes between them then is not tested by anybody, and a node
that nobody upgrades has the faults of its age.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster, Resource
from keten.model.kubernetes_releases import minor_of, skew


def printed(names: list[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    names = sorted(names)
    return names[0][:60] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _same(cluster: Cluster, path: str) -> bool:
    """Return whether an object at *path* is of the cluster's snapshot."""
    return cluster.id in ("", ".") or path.startswith(f"{cluster.id}/")


def _applies(cluster: Cluster) -> bool:
    """Return whether its version is known and its nodes were listed: else nothing passes."""
    return bool(cluster.minor) and "nodes" in cluster.listed


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    told: dict[str, list[str]] = {}
    for node in view.every(Resource):
        if node.kind != "Node" or not _same(cluster, node.path):
            continue
        info = node.status.get("nodeInfo")
        version = str(info.get("kubeletVersion") or "") if isinstance(info, dict) else ""
        minor = minor_of(version)
        least = cluster.minor - skew(cluster.minor)
        if minor and cluster.minor and not least <= minor <= cluster.minor:
            told.setdefault(version, []).append(node.name)
    for version, names in sorted(told.items()):
        newer = minor_of(version) > cluster.minor
        how = "newer than" if newer else f"more than {skew(cluster.minor)} releases older than"
        yield Violation(
            f"kubelet {version[:40]} on {printed(names)} is {how} the API server "
            f"{cluster.version[:40]}",
            key=version,
        )


CHECK = Check(
    title="Kubelet does not fit the API server",
    subject=Cluster,
    severity=Severity.MEDIUM,
    needs=("cluster",),
    fix=(
        "Upgrade the nodes to the API server's release, or the control plane first where it "
        "is older."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/version-skew-policy/",),
    bad=Example("$", "$ kubectl get nodes\nn1   Ready   v1.29.4\n"),
    good=Example("$", "$ kubectl get nodes\nn1   Ready   v1.36.3\n"),
    applies=_applies,
    run=run,
)
