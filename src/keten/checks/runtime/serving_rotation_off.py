"""Renewal of serving certificates is switched off.

The gate RotateKubeletServerCertificate is on by default. Switched off, kubelets keep the
serving certificate they have until it ends, and the API server's check of it fails or is taken
away.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    off = "RotateKubeletServerCertificate=false" in component.words("feature-gates")
    gates = (component.config or {}).get("featureGates")
    if isinstance(gates, dict) and gates.get("RotateKubeletServerCertificate") is False:
        off = True
    if off:
        yield flags.fault(
            component,
            "switches RotateKubeletServerCertificate off",
            "feature-gates",
            path="featureGates.RotateKubeletServerCertificate",
            want="true",
        )


CHECK = Check(
    title="Renewal of serving certificates is switched off",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Remove RotateKubeletServerCertificate=false from the feature gates.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.3.6",
        "cis-kubernetes/4.2.11",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("featureGates: {RotateKubeletServerCertificate: false}\n"),
    good=flags.kubelet("serverTLSBootstrap: true\n"),
    applies=flags.of("kubelet", "kube-controller-manager"),
    run=run,
)
