"""Cluster runs a release that gets no more fixes.

The project mends the three newest minor releases. In an older one every fault found since
stands open, in the API server that guards everything else.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster
from keten.model.kubernetes_releases import ends

OLD = 6
"""Months after which nobody can call it a delay."""
OWN = frozenset({"", "unknown", "kubeadm", "k3s", "RKE2", "minikube"})
"""Where no cloud mends releases for longer than the project."""


def _applies(cluster: Cluster) -> bool:
    """Return whether it is known when the release ends: what is not known does not pass."""
    return ends(cluster.minor) is not None


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = ends(cluster.minor)
    if end is not None and end < view.now:
        months = (view.now - end).days // 30
        yield Violation(
            f"Kubernetes {cluster.version[:40]} has had no fixes since {end}",
            severity=None if months >= OLD and cluster.provider in OWN else Severity.MEDIUM,
        )


CHECK = Check(
    title="Cluster runs a release that gets no more fixes",
    subject=Cluster,
    severity=Severity.HIGH,
    needs=("cluster",),
    fix="Upgrade the control plane, then the nodes, one minor release at a time.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/",),
    bad=Example("$", "$ kubectl version\nServer Version: v1.29.4\n"),
    good=Example("$", "$ kubectl version\nServer Version: v1.36.3\n"),
    applies=_applies,
    run=run,
)
