"""Managed cluster does not use RBAC.

Roles and bindings then do nothing: on AKS every login may do everything, on GKE the legacy ABAC
gives every service account wide rights.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.rbac is False:
        yield managed.fault(cluster, "does not use RBAC", "rbac")


CHECK = Check(
    title="Managed cluster does not use RBAC",
    subject=ManagedCluster,
    severity=Severity.HIGH,
    needs=("content",),
    fix="Make the cluster anew with RBAC (AKS), or switch legacy ABAC off (GKE).",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.8",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.gke(legacyAbac={"enabled": True}),
    good=managed.gke(legacyAbac={}),
    run=run,
)
