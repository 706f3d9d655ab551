"""Pods get no service account by admission.

Without the ServiceAccount plugin nobody checks that a pod's service account exists or may use
the secrets it names, and tokens are not put in: people then hand out long-lived tokens instead.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.switched_off(component, "ServiceAccount"):
        yield flags.fault(
            component,
            "disables the plugin ServiceAccount",
            "disable-admission-plugins",
            want="without ServiceAccount",
        )


CHECK = Check(
    title="Pods get no service account by admission",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove ServiceAccount from --disable-admission-plugins.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.2.12",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "disable-admission-plugins=ServiceAccount"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
