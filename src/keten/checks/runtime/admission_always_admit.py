"""Admission lets everything in.

With AlwaysAdmit among the plugins a request is admitted without a look. The plugin has no use
but in tests and is deprecated.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.listed(component, "AlwaysAdmit"):
        yield flags.fault(
            component, "enables AlwaysAdmit", "enable-admission-plugins", want="without AlwaysAdmit"
        )


CHECK = Check(
    title="Admission lets everything in",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags",),
    fix="Remove AlwaysAdmit from --enable-admission-plugins.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/pod-security",
        "cis-kubernetes/1.2.10",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "enable-admission-plugins=AlwaysAdmit"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
