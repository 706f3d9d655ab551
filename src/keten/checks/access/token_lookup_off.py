"""Tokens of deleted service accounts stay valid.

With --service-account-lookup=false the API server checks a token's signature only: deleting the
service account, or its secret, locks nobody out.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not flags.on(component, "service-account-lookup", default=True):
        yield flags.fault(
            component,
            "takes tokens of service accounts that are gone",
            "service-account-lookup",
            want="--service-account-lookup=true",
        )


CHECK = Check(
    title="Tokens of deleted service accounts stay valid",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove the flag; the default is true.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.2.21",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "service-account-lookup=false"),
    good=flags.pod("kube-apiserver", "service-account-lookup=true"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
