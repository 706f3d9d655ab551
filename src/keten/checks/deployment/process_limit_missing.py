"""Kubelet does not bound the processes of a pod.

A fork bomb in one container takes every process number of the node, and with them every other
pod and the kubelet. podPidsLimit bounds what one pod can take; the default is no bound.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    given = flags.setting(component, "pod-max-pids", "podPidsLimit", config=-1, bare=-1)
    if flags.as_number(given, -1) <= 0:
        yield flags.fault(
            component,
            "does not bound the processes of a pod",
            "pod-max-pids",
            path="podPidsLimit",
            want="4096",
        )


CHECK = Check(
    title="Kubelet does not bound the processes of a pod",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set podPidsLimit, to 4096 for example.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/resource-limits",
        "cis-kubernetes/4.2.13",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/25",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("podPidsLimit: -1\n"),
    good=flags.kubelet("podPidsLimit: 4096\n"),
    applies=flags.of("kubelet"),
    run=run,
)
