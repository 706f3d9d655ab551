"""Rule of the audit policy never decides.

The first rule that matches a request decides. One that stands behind a wider rule does nothing,
and its author believes that it does: most often secrets were to be recorded otherwise than the
rest.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.cluster.auditing import hidden
from keten.model.check import Check, Threat
from keten.model.control_plane import AuditPolicy
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(policy: AuditPolicy, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for rule, by in sorted(hidden(policy).items()):
        yield Violation(
            f"rule {rule + 1} ({policy.rules[rule].level}) never decides: rule {by + 1} matches "
            "all that it does",
            f"rules[{rule}]",
            key=str(rule),
        )


CHECK = Check(
    title="Rule of the audit policy never decides",
    subject=AuditPolicy,
    severity=Severity.INFO,
    needs=("flags",),
    fix="Move the rule before the wider one, or remove it.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/3.2.2",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",),
    bad=configs.audit("- level: Metadata\n- level: None\n  users: [system:kube-proxy]\n"),
    good=configs.audit("- level: None\n  users: [system:kube-proxy]\n- level: Metadata\n"),
    run=run,
)
