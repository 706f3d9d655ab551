"""Pods of the managed cluster share their node's cloud identity.

Without workload identity, what a pod may do in the cloud is what its node may: any pod asks the
metadata service for those credentials. In 2019 an intruder took the data of 100 million Capital
One customers with a role that a metadata service gave out.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.workload_identity is False:
        yield managed.fault(cluster, "has no workload identity", "workload_identity")


CHECK = Check(
    title="Pods of the managed cluster share their node's cloud identity",
    subject=ManagedCluster,
    severity=Severity.LOW,
    needs=("content",),
    fix="Enable workload identity and give each service account its own cloud role.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/cloud-metadata", "nis2/i", "pci-dss/2.2", "hipaa/164.312(a)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.gke(name="shop"),
    good=managed.gke(workloadIdentityConfig={"workloadPool": "shop.svc.id.goog"}),
    run=run,
)
