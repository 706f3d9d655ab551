"""Alpha features are switched on.

Alpha features are off by default because they are not finished: their checks may be missing,
they change or go without notice, and fixes come to them last. AllAlpha switches on all of them,
those of the next release too.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.feature_gates import gate
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for name, on, at in flags.gates(component):
        known = gate(name, component.minor)
        if on and (name == "AllAlpha" or (known is not None and known.stage == "alpha")):
            yield flags.fault(
                component,
                f"switches on {name[:60]}, which is alpha",
                "feature-gates",
                path=at,
                want=f"without {name[:60]}",
            )


CHECK = Check(
    title="Alpha features are switched on",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Switch alpha gates on in clusters for trying things out only.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/",),
    bad=flags.pod("kube-apiserver", "feature-gates=AllAlpha=true"),
    good=flags.pod("kube-apiserver", "feature-gates=SidecarContainers=true"),
    applies=flags.of(
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"
    ),
    run=run,
)
