"""Namespaces can be used while they go.

NamespaceLifecycle refuses objects in namespaces that are being deleted or do not exist, and
keeps default, kube-system and kube-public from being deleted.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.switched_off(component, "NamespaceLifecycle"):
        yield flags.fault(
            component,
            "disables the plugin NamespaceLifecycle",
            "disable-admission-plugins",
        )


CHECK = Check(
    title="Namespaces can be used while they go",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove NamespaceLifecycle from --disable-admission-plugins.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/namespaces",
        "cis-kubernetes/1.2.13",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "disable-admission-plugins=NamespaceLifecycle"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
