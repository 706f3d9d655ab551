"""Kubelet writes few events.

Events tell what happened to pods; a low eventRecordQPS drops them when many come at once, which
is when they matter. 0 is no limit, the default 50 a second.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

LEAST = 5
"""Events a second: the default before Kubernetes 1.27, which CIS takes for enough."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    given = flags.setting(component, "event-qps", "eventRecordQPS", config=50, bare=50)
    rate = flags.as_number(given, 50)
    if 0 < rate < LEAST:
        yield flags.fault(
            component,
            f"writes {rate} events a second at most",
            "event-qps",
            path="eventRecordQPS",
            want="50",
        )


CHECK = Check(
    title="Kubelet writes few events",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix="Leave eventRecordQPS out, or set 5 or more.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/4.2.8",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("eventRecordQPS: 1\n"),
    good=flags.kubelet("eventRecordQPS: 50\n"),
    applies=flags.of("kubelet"),
    run=run,
)
