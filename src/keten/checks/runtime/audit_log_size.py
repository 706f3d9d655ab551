"""Audit logs are rotated while small.

Small files are turned over quickly, and with a bound on their number the record of what came
before is washed out. The default is 100 megabytes.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

LEAST = 100
"""The least number of megabytes, as CIS asks."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.flag("audit-log-path") in ("", "-"):
        return
    kept = flags.number(component, "audit-log-maxsize", 0)
    if 0 < kept < LEAST:
        yield flags.fault(
            component,
            f"rotates audit logs at {kept} megabytes",
            "audit-log-maxsize",
            want="--audit-log-maxsize=100",
        )


CHECK = Check(
    title="Audit logs are rotated while small",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --audit-log-maxsize to 100 or more, and send the log off the cluster.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/1.2.19",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#log-backend",),
    bad=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxsize=2"),
    good=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxsize=100"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
