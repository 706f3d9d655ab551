"""Audit logs are removed after few days.

Intrusions are found weeks after they began. 0 keeps files for ever, as did the default before
Kubernetes 1.36, which is 366 days since.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

LEAST = 30
"""The least number of days, as CIS asks."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.flag("audit-log-path") in ("", "-"):
        return
    kept = flags.number(component, "audit-log-maxage", 0)
    if 0 < kept < LEAST:
        yield flags.fault(
            component,
            f"removes audit logs after {kept} days",
            "audit-log-maxage",
            want="--audit-log-maxage=30",
        )


CHECK = Check(
    title="Audit logs are removed after few days",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set --audit-log-maxage to 30 or more, and send the log off the cluster.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/1.2.17",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#log-backend",),
    bad=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxage=2"),
    good=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log", "audit-log-maxage=30"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
