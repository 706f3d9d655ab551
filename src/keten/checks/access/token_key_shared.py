"""Service account tokens are checked with the server's TLS key.

Without --service-account-key-file the key of the API server's own certificate checks tokens as
well. The two can not be replaced apart from each other: to renew the certificate's key is to
log every pod out.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("service-account-key-file") and not component.flag(
        "service-account-signing-endpoint"
    ):
        yield flags.fault(
            component,
            "has no key for service account tokens alone",
            "service-account-key-file",
            want="--service-account-key-file=FILE",
        )


CHECK = Check(
    title="Service account tokens are checked with the server's TLS key",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --service-account-key-file to a key pair that serves tokens only.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.2.22",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "tls-private-key-file=/pki/api.key"),
    good=flags.pod("kube-apiserver", "service-account-key-file=/pki/sa.pub"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
