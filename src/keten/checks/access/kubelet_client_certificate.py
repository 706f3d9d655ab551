"""API server calls kubelets without a client certificate.

The API server then comes to a kubelet as an anonymous caller. It only works where kubelets let
anonymous callers read logs and run commands, which they then let everybody do.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for flag in ("kubelet-client-certificate", "kubelet-client-key"):
        if not component.flag(flag):
            yield flags.fault(
                component, f"calls kubelets without --{flag}", flag, want=f"--{flag}=FILE"
            )
            return


CHECK = Check(
    title="API server calls kubelets without a client certificate",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set --kubelet-client-certificate and --kubelet-client-key.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.2.4",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "kubelet-client-key=/pki/k.key"),
    good=flags.pod(
        "kube-apiserver", "kubelet-client-certificate=/pki/k.crt", "kubelet-client-key=/pki/k.key"
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
