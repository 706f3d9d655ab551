"""Audit policy does not record what matters.

What is not in the log did not happen, as far as anybody can show: who read secrets, who opened
a shell in a pod, who gave rights. An intruder needs but these. A request that no rule matches
is not recorded at all.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.cluster.auditing import STANDARD, recorded
from keten.model.check import Check, Threat
from keten.model.control_plane import AuditPolicy
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

SHOWN = 3
GRAVE = frozenset({
    "get secrets", "list secrets", "create pods/exec", "get pods/exec",
    "create clusterrolebindings.rbac.authorization.k8s.io", "create serviceaccounts/token",
})  # fmt: skip
"""What an investigation can not do without."""


def run(policy: AuditPolicy, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    by: dict[int, list[str]] = {}
    for item in STANDARD:
        found = recorded(policy, item.request)
        if not found.depth:
            by.setdefault(found.rule, []).append(item.request.what)
    for rule, missed in sorted(by.items()):
        names = ", ".join(missed[:SHOWN]) + (
            f" and {len(missed) - SHOWN} more" if len(missed) > SHOWN else ""
        )
        why = f"rule {rule + 1}" if rule >= 0 else "no rule matches"
        weight = Severity.MEDIUM if GRAVE.intersection(missed) else None
        at = f"rules[{rule}]" if rule >= 0 else "rules"
        yield Violation(
            f"not recorded ({why}): {names}",
            at,
            key=str(rule),
            severity=weight,
            change=Change(at, "", "level: Metadata", "Record what matters"),
        )


CHECK = Check(
    title="Audit policy does not record what matters",
    subject=AuditPolicy,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "End the policy with a rule of level Metadata for all, and let only what is known to "
        "be noise go before it. keten audit simulate shows each request."
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
    bad=configs.audit("- level: Metadata\n  resources:\n  - group: apps\n"),
    good=configs.audit("- level: Metadata\n"),
    run=run,
)
