"""Audit policy writes secrets into the log.

At the levels Request and RequestResponse the log holds the bodies: values of secrets that are
read or written, and tokens that are made or checked. Logs are copied to more places than etcd
is, and more people read them.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.cluster.auditing import RANK, SECRET, recorded
from keten.model.check import Check, Threat
from keten.model.control_plane import AuditPolicy
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(policy: AuditPolicy, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    told: dict[tuple[str, int], list[str]] = {}
    for request, least, what in SECRET:
        found = recorded(policy, request)
        if found.depth >= RANK[least]:
            told.setdefault((what, found.rule), []).append(request.verb)
    for (what, rule), verbs in told.items():
        yield Violation(
            f"the log would hold {what} ({', '.join(verbs)}): rule {rule + 1} records "
            f"{policy.rules[rule].level}",
            f"rules[{rule}].level",
            key=what,
            severity=Severity.LOW if what.endswith("config maps") else None,
            change=Change(
                f"rules[{rule}].level",
                policy.rules[rule].level,
                "Metadata",
                "Keep secrets out of the audit log",
            ),
        )


CHECK = Check(
    title="Audit policy writes secrets into the log",
    subject=AuditPolicy,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=(
        "Record secrets, configmaps, serviceaccounts/token and tokenreviews at Metadata, in a "
        "rule before those that record bodies."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/audit-logging",
        "cis-kubernetes/3.2.2",
        "nis2/b",
        "pci-dss/10.2",
        "hipaa/164.312(b)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",),
    bad=configs.audit("- level: RequestResponse\n"),
    good=configs.audit("- level: Metadata\n"),
    run=run,
)
