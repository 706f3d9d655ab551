"""Encryption is configured and does not encrypt.

The first provider of the entry that matches writes; the others only read. With identity first,
secrets are written as they are, while the configuration looks as if they were encrypted. It is
what remains when encryption was to be taken away, or was never switched on.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.checks._encryption import holds
from keten.model.check import Check, Threat
from keten.model.control_plane import Encryption
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(encryption: Encryption, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for i, entry in enumerate(encryption.entries):
        if entry.providers and entry.providers[0].kind == "identity" and holds(entry, "secrets"):
            if any(holds(earlier, "secrets") for earlier in encryption.entries[:i]):
                continue
            others = len(entry.providers) > 1
            yield Violation(
                "secrets are written unencrypted: identity is the first provider"
                + ("" if others else ", and the only one"),
                f"resources[{i}].providers[0]",
                key=str(i),
                change=Change(
                    f"resources[{i}].providers",
                    "identity first",
                    "identity last",
                    "Encrypt what is written",
                ),
            )
            return


CHECK = Check(
    title="Encryption is configured and does not encrypt",
    subject=Encryption,
    severity=Severity.HIGH,
    needs=("flags",),
    fix="Put kms (v2) or secretbox first, identity last, and rewrite the secrets.",
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
    bad=configs.encryption(
        "- resources: [secrets]\n  providers:\n  - identity: {}\n" + configs.KMS
    ),
    good=configs.encryption(
        "- resources: [secrets]\n  providers:\n" + configs.KMS + "  - identity: {}\n"
    ),
    run=run,
)
