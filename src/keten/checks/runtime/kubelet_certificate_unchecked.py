"""API server does not check kubelets' certificates.

Commands, logs and port forwards go from the API server to kubelets. Without --kubelet-
certificate-authority it takes any certificate there, so that who sits on the network between
them reads and changes what passes: shell sessions with the secrets typed in them. kubeadm does
not set it, because its kubelets sign their own certificates.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("kubelet-certificate-authority"):
        yield flags.fault(
            component,
            "takes any certificate of a kubelet",
            "kubelet-certificate-authority",
            want="--kubelet-certificate-authority=FILE",
        )


CHECK = Check(
    title="API server does not check kubelets' certificates",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Let kubelets get serving certificates from the cluster (serverTLSBootstrap: true) "
        "and set --kubelet-certificate-authority."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.2.5",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "kubelet-client-certificate=/pki/k.crt"),
    good=flags.pod("kube-apiserver", "kubelet-certificate-authority=/pki/ca.crt"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
