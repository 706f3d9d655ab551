"""Node runs a release that gets no more fixes.

A kubelet may be three releases older than its API server, so nodes are where old releases
stay. The project mends the three newest minor releases: in an older kubelet every fault found
since stands open, on the machine that all containers share. Said where the cluster itself is of
a release that is still mended; else that is said.
"""

from collections.abc import Iterator

from keten.checks import _releases as releases
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster
from keten.model.kubernetes_releases import ends


def _applies(cluster: Cluster) -> bool:
    """Return whether it is known when its release ends: else nothing passes."""
    return ends(cluster.minor) is not None


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = ends(cluster.minor)
    if end is not None and end < view.now:
        return
    told: dict[int, list[str]] = {}
    for kubelet in releases.kubelets(cluster, view):
        known = ends(kubelet.minor)
        if known is not None and known < view.now:
            told.setdefault(kubelet.minor, []).append(kubelet.where)
    for minor, names in sorted(told.items()):
        yield Violation(
            f"kubelet 1.{minor} on {releases.printed(names)} has had no fixes since {ends(minor)}",
            key=str(minor),
        )


CHECK = Check(
    title="Node runs a release that gets no more fixes",
    subject=Cluster,
    severity=Severity.MEDIUM,
    needs=("cluster", "nodes"),
    fix="Upgrade the nodes, or put new ones in their place.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/",),
    bad=Example("$", "$ kubectl get nodes\nn1   Ready   v1.33.4\n"),
    good=Example("$", "$ kubectl get nodes\nn1   Ready   v1.36.3\n"),
    applies=_applies,
    run=run,
)
