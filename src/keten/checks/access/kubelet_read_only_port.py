"""Kubelet's read-only port is open.

On port 10255 a kubelet tells whoever asks, without credentials, every pod of its node with its
environment, and metrics. Attackers read it from any pod to learn where to go next. It is on by
default (10255) for a kubelet without a configuration file, and off for one with.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    port = flags.setting(component, "read-only-port", "readOnlyPort", config=0, bare=10255)
    number = flags.as_number(port, 0)
    if number:
        yield flags.fault(
            component,
            f"serves without authentication on port {number}",
            "read-only-port",
            path="readOnlyPort",
            want="0",
        )


CHECK = Check(
    title="Kubelet's read-only port is open",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set readOnlyPort: 0.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/4.2.4",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("readOnlyPort: 10255\n"),
    good=flags.kubelet("readOnlyPort: 0\n"),
    applies=flags.of("kubelet"),
    run=run,
)
