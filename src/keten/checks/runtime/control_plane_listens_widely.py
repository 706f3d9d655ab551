"""Controller manager or scheduler listens on all addresses.

Their ports 10257 and 10259 serve health, metrics and configuration to whoever may log in.
Nothing outside the host needs them but a metrics collector; on all addresses, which is the
default, they are one more thing to attack from any pod.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_ALL = frozenset({"", "::", "0.0.0.0"})  # noqa: S104 what is reported


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    address = component.flag("bind-address")
    if address in _ALL and flags.number(component, "secure-port", 1) != 0:
        told = "" if "bind-address" in component.flags else " (the default)"
        yield flags.fault(
            component,
            f"listens on all addresses{told}",
            "bind-address",
            want="--bind-address=127.0.0.1",
        )


CHECK = Check(
    title="Controller manager or scheduler listens on all addresses",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set --bind-address=127.0.0.1, or the address that the metrics collector uses behind "
        "a firewall."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.3.7",
        "cis-kubernetes/1.4.2",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-scheduler", "leader-elect=true"),
    good=flags.pod("kube-scheduler", "bind-address=127.0.0.1"),
    applies=flags.of("kube-controller-manager", "kube-scheduler"),
    run=run,
)
