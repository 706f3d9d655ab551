"""Kubelet lets pods set unsafe kernel parameters.

Unsafe sysctls reach beyond their pod: they slow or break other pods of the node, or weaken its
kernel. A pattern that takes in whole families (kernel.*, net.*) allows what nobody meant.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    given = flags.setting(
        component,
        "allowed-unsafe-sysctls",
        "allowedUnsafeSysctls",
        config=(),
        bare=(),
    )
    names = (
        given.split(",") if isinstance(given, str) else [str(item) for item in flags.entries(given)]
    )
    wide = sorted(name for name in names if name.strip().endswith("*"))
    if wide:
        yield flags.fault(
            component,
            f"allows pods the kernel parameters {wide[0][:60]}",
            "allowed-unsafe-sysctls",
            path="allowedUnsafeSysctls",
        )


CHECK = Check(
    title="Kubelet lets pods set unsafe kernel parameters",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=("Name each sysctl that is needed in allowedUnsafeSysctls, on nodes set apart for it."),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/pod-security", "nis2/e", "pci-dss/2.2", "hipaa/164.308(a)(1)", "gdpr/25"),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet('allowedUnsafeSysctls: ["kernel.*"]\n'),
    good=flags.kubelet('allowedUnsafeSysctls: ["net.core.somaxconn"]\n'),
    applies=flags.of("kubelet"),
    run=run,
)
