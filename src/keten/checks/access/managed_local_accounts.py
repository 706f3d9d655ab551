"""Managed cluster has logins beside the cloud's.

A login that the cloud's identities do not know has no second factor, no conditions and no end:
on AKS the local administrator's certificate, on EKS the config map aws-auth that whoever may
write it becomes administrator by, on GKE client certificates and passwords.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation

LOGINS = {"aks": "local accounts", "eks": "aws-auth", "gke": "certificate or password"}


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.local_accounts:
        yield managed.fault(
            cluster,
            f"takes logins beside the cloud's ({LOGINS.get(cluster.provider, 'local')})",
            "local_accounts",
        )


CHECK = Check(
    title="Managed cluster has logins beside the cloud's",
    subject=ManagedCluster,
    severity=Severity.LOW,
    needs=("content",),
    fix=(
        "AKS: disable local accounts. EKS: authentication mode API. GKE: issue no client "
        "certificate."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/3.1.1",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.aks(disableLocalAccounts=False),
    good=managed.aks(disableLocalAccounts=True),
    run=run,
)
