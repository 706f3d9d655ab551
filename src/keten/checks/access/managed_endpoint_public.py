"""API server of the managed cluster is open to the internet.

Every address of the world may try logins, and the next fault in the API server, against it.
Searches list hundreds of thousands of such servers; most of them had no need.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(cluster: ManagedCluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if cluster.public and not cluster.ranges:
        yield managed.fault(
            cluster,
            "has an API server that every address may reach",
            "ranges",
            want="ranges",
        )


CHECK = Check(
    title="API server of the managed cluster is open to the internet",
    subject=ManagedCluster,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="Make the endpoint private, or name the address ranges that may reach it.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/control-plane", "nis2/i", "pci-dss/2.2", "hipaa/164.312(a)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.eks(
        resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}
    ),
    good=managed.eks(
        resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}
    ),
    run=run,
)
