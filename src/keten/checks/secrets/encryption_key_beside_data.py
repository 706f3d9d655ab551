"""Key of the encryption lies beside the data.

aescbc, aesgcm and secretbox take their key from the file itself, on the same machine as etcd: a
backup of the disk holds both. aescbc is open to padding oracles and was never authenticated;
aesgcm must not write more than some 200,000 times with one key, and nothing counts. A KMS v2
provider keeps the key elsewhere and renews it.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import Encryption
from keten.model.facts import View
from keten.model.finding import Severity, Violation

WEAK = {
    "aescbc": "whose key is in this file, and open to padding oracles",
    "aesgcm": "whose key is in this file and must be renewed every 200,000 writes",
    "secretbox": "whose key is in this file",
}


def run(encryption: Encryption, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for i, entry in enumerate(encryption.entries):
        first = entry.providers[0] if entry.providers else None
        if first is not None and first.kind in WEAK:
            names = ", ".join(entry.resources[:3])[:60]
            yield Violation(
                f"{names}: written by {first.kind}, {WEAK[first.kind]}",
                f"resources[{i}].providers[0]",
                key=str(i),
                severity=Severity.MEDIUM if first.kind == "aesgcm" else None,
            )


CHECK = Check(
    title="Key of the encryption lies beside the data",
    subject=Encryption,
    severity=Severity.LOW,
    needs=("flags",),
    fix=("Move to a kms provider of apiVersion v2; until then prefer secretbox, and renew keys."),
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
        "- resources: [secrets]\n  providers:\n  - aescbc: {keys: [{name: a, secret: ENC_KEY}]}\n"
    ),
    good=configs.encryption("- resources: [secrets]\n  providers:\n" + configs.KMS),
    run=run,
)
