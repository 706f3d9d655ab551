"""Profiling is on.

Under /debug/pprof a program tells its stacks, command line and heap, and burns a processor
while it is profiled. Who may read it learns of the inside of the control plane; who may ask
often slows it. kube-apiserver, kube-controller-manager and kube-scheduler have it on by
default; etcd has it off. A kube-scheduler with a configuration file takes it from there, and its
flag does nothing.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import ETCD, SCHEDULER, Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.name == ETCD:
        if flags.on(component, "enable-pprof", default=False):
            yield flags.fault(component, "serves its profile", "enable-pprof")
    elif component.name == SCHEDULER and component.config is not None:
        said = component.config.get("enableProfiling")
        if said is not False:
            bare = said is None and component.origin == "config"  # a file, perhaps an example
            yield flags.fault(
                component,
                f"serves its profile{' (the default)' if said is None else ''}",
                "",
                path="enableProfiling",
                want="false",
                severity=Severity.INFO if bare else None,
            )
    elif flags.on(component, "profiling", default=True):
        told = "" if "profiling" in component.flags else " (the default)"
        yield flags.fault(
            component, f"serves its profile{told}", "profiling", want="--profiling=false"
        )


CHECK = Check(
    title="Profiling is on",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set --profiling=false (etcd: leave --enable-pprof out; a scheduler's file: "
        "enableProfiling: false)."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.2.15",
        "cis-kubernetes/1.3.2",
        "cis-kubernetes/1.4.1",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    good=flags.pod("kube-apiserver", "profiling=false"),
    applies=flags.of(
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", by_file=True
    ),
    run=run,
)
