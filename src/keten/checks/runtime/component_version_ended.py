"""Component is of a release that gets no more fixes.

The manifest or configuration names a release of Kubernetes that the project no longer mends:
every fault found since stands open. A file may be older than the cluster that was made of it;
then it is the file that misleads.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import API_SERVER, Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kubernetes_releases import ends


def _applies(component: Component) -> bool:
    known = ends(component.minor) is not None
    return known and component.name == API_SERVER and not component.provider


def run(component: Component, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = ends(component.minor)
    if end is not None and end < view.now:
        yield Violation(
            f"{flags.title(component)} {component.version[:40]} has had no fixes since {end}",
            component.where("").removesuffix(".command").removesuffix(".args") + ".image"
            if component.origin == "pod"
            else "kubernetesVersion",
        )


CHECK = Check(
    title="Component is of a release that gets no more fixes",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Move to a release that is supported, one minor release at a time.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/",),
    bad=flags.made("v1.28.4"),
    good=flags.made("v1.36.1"),
    applies=_applies,
    run=run,
)
