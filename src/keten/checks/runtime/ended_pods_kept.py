"""Ended pods are never collected.

Pods that ended stay until the collector removes them above a number. With 0 or less it never
does, and objects pile up in etcd until the control plane slows.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.number(component, "terminated-pod-gc-threshold", 1) <= 0:
        yield flags.fault(
            component,
            "never collects pods that ended",
            "terminated-pod-gc-threshold",
            want="--terminated-pod-gc-threshold=12500",
        )


CHECK = Check(
    title="Ended pods are never collected",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix="Remove the flag (the default is 12500) or set a number that fits the cluster.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/resource-limits",
        "cis-kubernetes/1.3.1",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-controller-manager", "terminated-pod-gc-threshold=0"),
    good=flags.pod("kube-controller-manager", "terminated-pod-gc-threshold=1000"),
    applies=flags.of("kube-controller-manager"),
    run=run,
)
