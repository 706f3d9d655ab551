"""Kubelet does not fit the API server.

A kubelet newer than its API server is not supported; one more than three minor releases older
(two before 1.28) neither; of several API servers the oldest and the newest count. What passes
between them then is not tested by anybody, and a node that nobody upgrades has the faults of
its age.
"""

from collections.abc import Iterator

from keten.checks import _releases as releases
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster
from keten.model.kubernetes_releases import minor_of, skew


def _applies(cluster: Cluster) -> bool:
    """Return whether its version is known: else nothing passes."""
    return bool(cluster.minor)


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    oldest, newest = releases.servers(cluster, view)
    told: dict[str, list[str]] = {}
    for kubelet in releases.kubelets(cluster, view):
        if not newest - skew(newest) <= kubelet.minor <= oldest:
            told.setdefault(kubelet.version, []).append(kubelet.where)
    for version, names in sorted(told.items()):
        newer = minor_of(version) > oldest
        how = "newer than" if newer else f"more than {skew(newest)} releases older than"
        server = cluster.version if oldest == newest else f"1.{oldest if newer else newest}"
        yield Violation(
            f"kubelet {version[:40]} on {releases.printed(names)} is {how} the API server "
            f"{server[:40]}",
            key=version,
        )


CHECK = Check(
    title="Kubelet does not fit the API server",
    subject=Cluster,
    severity=Severity.MEDIUM,
    needs=("cluster", "releases"),
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
