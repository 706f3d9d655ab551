"""Kubelet knows no authority for client certificates.

Without one the API server's certificate means nothing to the kubelet, and the calls that run
commands and read logs come in another way: anonymously, or with a bearer token that each
kubelet on the way could keep.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    path = "authentication.x509.clientCAFile"
    if not flags.setting(component, "client-ca-file", path, config="", bare=""):
        yield flags.fault(
            component,
            "has no authority for client certificates",
            "client-ca-file",
            path=path,
            want="FILE",
        )


CHECK = Check(
    title="Kubelet knows no authority for client certificates",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set authentication.x509.clientCAFile.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/4.2.3",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("port: 10250\n"),
    good=flags.kubelet("authentication:\n  x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}\n"),
    applies=flags.of("kubelet"),
    run=run,
)
