"""Nodes of the managed cluster are not upgraded by themselves.

Nodes then get fixes when somebody remembers. Faults of the kernel and the kubelet are used
within days of being told.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.auto_upgrade is False:
        yield managed.fault(cluster, "does not upgrade its nodes by itself", "auto_upgrade")


CHECK = Check(
    title="Nodes of the managed cluster are not upgraded by themselves",
    subject=ManagedCluster,
    severity=Severity.INFO,
    needs=("content",),
    fix=(
        "AKS: choose an upgrade channel. GKE: enable auto-upgrade for each node pool, or a "
        "release channel."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.aks(autoUpgradeProfile={"upgradeChannel": "none"}),
    good=managed.aks(autoUpgradeProfile={"upgradeChannel": "patch"}),
    run=run,
)
