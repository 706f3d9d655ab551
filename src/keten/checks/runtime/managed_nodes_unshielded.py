"""Nodes of the managed cluster can be impersonated.

Shielded nodes prove by their own key that they are machines of the cluster before they get a
kubelet's certificate. Without, a pod that reads the node's bootstrap credentials from the
metadata service can ask for one, and read other nodes' secrets.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.shielded_nodes is False:
        yield managed.fault(cluster, "has no shielded nodes", "shielded_nodes")


CHECK = Check(
    title="Nodes of the managed cluster can be impersonated",
    subject=ManagedCluster,
    severity=Severity.LOW,
    needs=("content",),
    fix="GKE: enable shielded nodes.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/cloud-metadata", "nis2/e", "pci-dss/2.2", "hipaa/164.308(a)(1)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.gke(name="shop"),
    good=managed.gke(shieldedNodes={"enabled": True}),
    run=run,
)
