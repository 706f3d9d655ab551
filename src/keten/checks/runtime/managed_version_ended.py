"""Managed cluster runs a release that the project no longer mends.

The project publishes fixes for the three newest minor releases. Clouds sell support for longer;
what they mend then they say, and not everything is. What is known of a release that ended stays
open.
"""

from collections.abc import Iterator

from keten.checks import _managed as managed
from keten.model.check import Check, Threat
from keten.model.control_plane import ManagedCluster
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kubernetes_releases import ends


def _applies(cluster: ManagedCluster) -> bool:
    """Return whether it is known when the release ends: what is not known does not pass."""
    return ends(cluster.minor) is not None


def run(cluster: ManagedCluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = ends(cluster.minor)
    if end is not None and end < view.now:
        yield managed.fault(
            cluster,
            f"runs Kubernetes 1.{cluster.minor}, which ended on {end}",
            "version",
        )


CHECK = Check(
    title="Managed cluster runs a release that the project no longer mends",
    subject=ManagedCluster,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="Upgrade the control plane, then the nodes, one minor release at a time.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/docs/concepts/security/",),
    bad=managed.aks(kubernetesVersion="1.29.4"),
    good=managed.aks(kubernetesVersion="1.36.1"),
    applies=_applies,
    run=run,
)
