"""All controllers act with one identity.

Without --use-service-account-credentials every controller uses the rights of the controller
manager itself: the audit log can not tell them apart, and a fault in one has the rights of all.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not flags.on(component, "use-service-account-credentials", default=False):
        yield flags.fault(
            component,
            "runs every controller with its own rights",
            "use-service-account-credentials",
            want="--use-service-account-credentials=true",
        )


CHECK = Check(
    title="All controllers act with one identity",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --use-service-account-credentials=true.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.3.3",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-controller-manager", "root-ca-file=/ca"),
    good=flags.pod("kube-controller-manager", "use-service-account-credentials=true"),
    applies=flags.of("kube-controller-manager"),
    run=run,
)
