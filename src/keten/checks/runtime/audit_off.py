"""API server keeps no audit log.

The audit log is what tells who read which secret, who changed a role and who opened a shell,
when it has to be told. Nothing is recorded without a policy (--audit-policy-file) and somewhere
to write to (--audit-log-path or --audit-webhook-config-file). It can not be made up for
afterwards.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    sinks = component.flag("audit-log-path") or component.flag("audit-webhook-config-file")
    if not component.flag("audit-policy-file"):
        told = "has a place for audit events and no policy" if sinks else "keeps no audit log"
        yield flags.fault(component, told, "audit-policy-file", want="--audit-policy-file=FILE")
    elif not sinks:
        yield flags.fault(
            component,
            "has an audit policy and nowhere to write to",
            "audit-log-path",
            want="--audit-log-path=FILE",
        )


CHECK = Check(
    title="API server keeps no audit log",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=(
        "Set --audit-policy-file, and --audit-log-path or --audit-webhook-config-file; send "
        "the log off the cluster. keten audit simulate shows what a policy records."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/1.2.16",
        "cis-kubernetes/3.2.1",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",),
    bad=flags.pod("kube-apiserver", "audit-log-path=/var/log/audit.log"),
    good=flags.pod(
        "kube-apiserver",
        "audit-log-path=/var/log/audit.log",
        "audit-policy-file=/etc/kubernetes/audit.yaml",
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
