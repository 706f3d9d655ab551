"""Pods run without a seccomp profile by default.

Without seccompDefault a container that asks for no profile may make every system call. The
runtime's own profile takes away some 50 that containers do not need and that faults in the
kernel were reached through (CVE-2022-0185 among them).
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if (
        flags.setting(component, "seccomp-default", "seccompDefault", config=False, bare=False)
        is not True
    ):
        yield flags.fault(
            component,
            "gives pods no seccomp profile by default",
            "seccomp-default",
            path="seccompDefault",
            want="true",
        )


CHECK = Check(
    title="Pods run without a seccomp profile by default",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set seccompDefault: true.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/sandboxing",
        "cis-kubernetes/4.2.14",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/25",
    ),
    refs=("https://kubernetes.io/docs/tutorials/security/seccomp/",),
    bad=flags.kubelet("seccompDefault: false\n"),
    good=flags.kubelet("seccompDefault: true\n"),
    applies=flags.of("kubelet"),
    run=run,
)
