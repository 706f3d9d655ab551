"""Few old audit logs are kept.

A flood of requests turns the log over quickly: with few old files an intruder washes out the
record of what came before. 0 keeps all, as did the default before Kubernetes 1.36, which is 100
since.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

LEAST = 10
"""The least number of files, as CIS asks."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.flag("audit-log-path") in ("", "-"):
        return
    kept = flags.number(component, "audit-log-maxbackup", 0)
    if 0 < kept < LEAST:
        yield flags.fault(
            component,
            f"keeps {kept} old audit logs",
            "audit-log-maxbackup",
            want="--audit-log-maxbackup=10",
        )


CHECK = Check(
    title="Few old audit logs are kept",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --audit-log-maxbackup to 10 or more, and send the log off the cluster.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/1.2.18",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#log-backend",),
    bad=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxbackup=2"),
    good=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxbackup=10"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
