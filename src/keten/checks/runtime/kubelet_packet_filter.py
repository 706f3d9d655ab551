"""Kubelet does not keep its packet filter rules.

With makeIPTablesUtilChains off the kubelet does not set the rules that mark and drop packets
which must not pass between networks; what replaces them has to be known and kept by hand.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    path = "makeIPTablesUtilChains"
    if flags.setting(component, "make-iptables-util-chains", path, config=True, bare=True) is False:
        yield flags.fault(
            component,
            "does not keep its packet filter rules",
            "make-iptables-util-chains",
            path=path,
            want="true",
        )


CHECK = Check(
    title="Kubelet does not keep its packet filter rules",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set makeIPTablesUtilChains: true, or leave it out.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/network-policies",
        "cis-kubernetes/4.2.6",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("makeIPTablesUtilChains: false\n"),
    good=flags.kubelet("makeIPTablesUtilChains: true\n"),
    applies=flags.of("kubelet"),
    run=run,
)
