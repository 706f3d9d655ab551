"""Managed cluster does not enforce network policies.

Without an engine NetworkPolicy objects are kept and do nothing: every pod reaches every other,
and those who wrote the policies believe otherwise. On EKS the network plugin's own settings
decide, which the description does not tell.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.network_policy is False:
        yield managed.fault(cluster, "enforces no network policies", "network_policy")


CHECK = Check(
    title="Managed cluster does not enforce network policies",
    subject=ManagedCluster,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="AKS: set networkPolicy (cilium). GKE: use Dataplane V2 or enable networkPolicy.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/network-policies",
        "cis-kubernetes/5.3.2",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.aks(networkProfile={"networkPlugin": "azure", "networkPolicy": None}),
    good=managed.aks(networkProfile={"networkPlugin": "azure", "networkPolicy": "cilium"}),
    run=run,
)
