"""Kubelet's client certificate is not renewed.

A kubelet logs in with a certificate that ends after a year at most. Without rotateCertificates,
which is off by default and on in kubeadm's clusters, the node drops out when it does, or
somebody makes certificates that last for ever.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    path = "rotateCertificates"
    if flags.setting(component, "rotate-certificates", path, config=False, bare=False) is not True:
        yield flags.fault(
            component,
            "does not renew its client certificate",
            "rotate-certificates",
            path=path,
            want="true",
        )


CHECK = Check(
    title="Kubelet's client certificate is not renewed",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set rotateCertificates: true.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/4.2.10",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("rotateCertificates: false\n"),
    good=flags.kubelet("rotateCertificates: true\n"),
    applies=flags.of("kubelet"),
    run=run,
)
