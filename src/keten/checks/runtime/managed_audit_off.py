"""Managed cluster sends no audit log.

The cloud runs the API server, and hands its audit log out only when asked to. On EKS no log is
sent by default, on GKE the API server's own is one of the components to choose. What AKS sends
stands in its diagnostic settings, which its description does not tell.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.logs is None:
        return
    wanted = "audit" if cluster.provider == "eks" else "APISERVER"
    if cluster.provider in ("eks", "gke") and wanted not in cluster.logs:
        sent = ", ".join(cluster.logs)[:60] or "nothing"
        weight = None if cluster.provider == "eks" else Severity.LOW
        yield managed.fault(cluster, f"sends {sent} and not {wanted}", "logs", severity=weight)


CHECK = Check(
    title="Managed cluster sends no audit log",
    subject=ManagedCluster,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "EKS: enable the log types audit and authenticator. GKE: add APISERVER to the logging "
        "components."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/1.2.16",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.eks(logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]}),
    good=managed.eks(
        logging={"clusterLogging": [{"types": ["audit", "authenticator"], "enabled": True}]}
    ),
    run=run,
)
