"""Node goes by another name than its host.

With --hostname-override a node's name no longer is the host's, so that certificates, logs and
the audit trail of one machine go by two names. Some clouds need it: that is to be known, not to
be guessed in an investigation.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    name = component.flag("hostname-override")
    if name:
        yield flags.fault(component, f"goes by the name {name[:60]}", "hostname-override")


CHECK = Check(
    title="Node goes by another name than its host",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix="Leave --hostname-override out where the cloud does not need it.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/4.2.7",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.started("hostname-override", "node-1"),
    good=flags.started("node-ip", "10.0.0.1"),
    applies=flags.of("kubelet"),
    run=run,
)
