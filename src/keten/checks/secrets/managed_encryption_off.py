"""Managed cluster keeps secrets without a key of yours.

The cloud encrypts its disks; who gets at etcd's data or a backup through the cloud still reads
secrets. With envelope encryption by a key service each reading leaves a trace, and the key can
be taken away. EKS does that by itself since Kubernetes 1.28.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.encryption is False:
        yield managed.fault(cluster, "has no envelope encryption of secrets", "encryption")


CHECK = Check(
    title="Managed cluster keeps secrets without a key of yours",
    subject=ManagedCluster,
    severity=Severity.LOW,
    needs=("content",),
    fix="Switch envelope encryption on: AKS azureKeyVaultKms, EKS encryptionConfig.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.2.27",
        "nis2/h",
        "pci-dss/3.5",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.aks(securityProfile={}),
    good=managed.aks(securityProfile={"azureKeyVaultKms": {"enabled": True}}),
    run=run,
)
