"""API server knows no authority for client certificates.

Without --client-ca-file components can not log in with certificates. They then use static
tokens or come as anonymous callers.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("client-ca-file") and not component.flag("authentication-config"):
        yield flags.fault(
            component,
            "has no --client-ca-file",
            "client-ca-file",
            want="--client-ca-file=FILE",
        )


CHECK = Check(
    title="API server knows no authority for client certificates",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --client-ca-file.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/1.2.25",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "token-auth-file=/t"),
    good=flags.pod("kube-apiserver", "client-ca-file=/pki/ca.crt"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
