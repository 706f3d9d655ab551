"""API server makes itself a certificate that nobody can check.

Without --tls-cert-file the server signs a certificate for itself. Clients then either copy it
around or, as happens, switch checking off, and talk to whoever answers.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("tls-cert-file") or not component.flag("tls-private-key-file"):
        flag = "tls-private-key-file" if component.flag("tls-cert-file") else "tls-cert-file"
        yield flags.fault(component, f"has no --{flag}", flag, want=f"--{flag}=FILE")


CHECK = Check(
    title="API server makes itself a certificate that nobody can check",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set --tls-cert-file and --tls-private-key-file to a certificate of an authority that "
        "clients know."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/encryption",
        "cis-kubernetes/1.2.24",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "cert-dir=/var/run"),
    good=flags.pod("kube-apiserver", "tls-cert-file=/pki/a.crt", "tls-private-key-file=/pki/a.key"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
