"""Idle sessions into pods never end.

A shell or port forward that nobody uses stays open with --streaming-connection-idle-timeout=0,
and with it the rights of who opened it, after these were taken away. The default is four hours;
0 in a configuration file is the default too.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    flag = "streaming-connection-idle-timeout"
    if flag in component.flags and component.flags[flag].strip("hms") == "0":
        yield flags.fault(component, "never ends idle sessions", flag, want=f"--{flag}=5m")


CHECK = Check(
    title="Idle sessions into pods never end",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set streamingConnectionIdleTimeout to some minutes, or leave it out.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/4.2.5",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.started("streaming-connection-idle-timeout", "0"),
    good=flags.kubelet("streamingConnectionIdleTimeout: 5m\n"),
    applies=flags.of("kubelet"),
    run=run,
)
