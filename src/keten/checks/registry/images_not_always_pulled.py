"""Pods may run private images that a node happens to hold.

With imagePullPolicy IfNotPresent a pod gets an image from the node's store without showing
credentials: on nodes that several teams share, one runs the private images of another.
AlwaysPullImages makes each pod show its own credentials; since Kubernetes 1.35 kubelets check
that by themselves (KubeletEnsureSecretPulledImages).
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_CHECKED = 35  # the minor version since which kubelets check credentials for images they hold


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.minor < _CHECKED and not flags.listed(component, "AlwaysPullImages"):
        yield flags.fault(
            component,
            "does not enable AlwaysPullImages",
            "enable-admission-plugins",
            want="AlwaysPullImages",
        )


CHECK = Check(
    title="Pods may run private images that a node happens to hold",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix=(
        "On clusters that teams share, add AlwaysPullImages to --enable-admission-plugins, or "
        "move to kubelets that check credentials for images they hold."
    ),
    threats=(Threat.INSIDER,),
    controls=(
        "nsa-cisa/trusted-images",
        "cis-kubernetes/1.2.11",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/25",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction,AlwaysPullImages"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
