"""Controller manager has no key to sign service account tokens.

Without --service-account-private-key-file tokens for legacy secrets are not signed by a key of
the cluster's own choosing; with the key of another use its loss costs both.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("service-account-private-key-file"):
        yield flags.fault(
            component,
            "has no --service-account-private-key-file",
            "service-account-private-key-file",
            want="--service-account-private-key-file=FILE",
        )


CHECK = Check(
    title="Controller manager has no key to sign service account tokens",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set --service-account-private-key-file to the private half of the API server's "
        "--service-account-key-file."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.3.4",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-controller-manager", "root-ca-file=/ca"),
    good=flags.pod("kube-controller-manager", "service-account-private-key-file=/pki/sa.key"),
    applies=flags.of("kube-controller-manager"),
    run=run,
)
