"""Pods are not told which authority the API server has.

Without --root-ca-file the config map kube-root-ca.crt and tokens lack the authority, and
programs in pods can not check that they talk to the API server. Many then do not check.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not component.flag("root-ca-file"):
        yield flags.fault(
            component, "has no --root-ca-file", "root-ca-file", want="--root-ca-file=FILE"
        )


CHECK = Check(
    title="Pods are not told which authority the API server has",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --root-ca-file.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/encryption",
        "cis-kubernetes/1.3.5",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-controller-manager", "bind-address=127.0.0.1"),
    good=flags.pod("kube-controller-manager", "root-ca-file=/pki/ca.crt"),
    applies=flags.of("kube-controller-manager"),
    run=run,
)
