"""Encryption leaves secrets out.

Only the resources that are named are encrypted; * needs a dot (*.* or *. for the core group).
Secrets that no entry names are kept as they are.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.checks._encryption import holds
from keten.model.check import Check, Threat
from keten.model.control_plane import Encryption
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(encryption: Encryption, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not any(holds(entry, "secrets") for entry in encryption.entries):
        named = ", ".join(name for entry in encryption.entries for name in entry.resources[:3])[:80]
        yield Violation(f"secrets are not encrypted, only {named or 'nothing'}", "resources")


CHECK = Check(
    title="Encryption leaves secrets out",
    subject=Encryption,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Add secrets to the resources of the first entry.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.2.28",
        "nis2/h",
        "pci-dss/3.5",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",),
    bad=configs.encryption("- resources: [configmaps]\n  providers:\n  - secretbox: {keys: []}\n"),
    good=configs.encryption("- resources: [secrets]\n  providers:\n" + configs.KMS),
    run=run,
)
