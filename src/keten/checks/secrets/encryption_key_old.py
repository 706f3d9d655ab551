"""Key that encrypts the cluster's data has not been changed for a year.

A key that lies in a file does not change by itself: whoever copied it once reads every backup of
etcd since. With aesgcm a key must not even be used for more than 200,000 writes, or what it
protects can be forged and read. A key has no date: told is when the file was last written, and
the keys are at least that old. Keys in a key management service (kms) change there.
"""

from collections.abc import Iterator
from datetime import date

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import Encryption
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

DAYS = 366
_LOCAL = ("aescbc", "aesgcm", "secretbox")


def _writers(config: Encryption) -> set[str]:
    """Return the kinds of provider that write with a key from the file."""
    return {entry.providers[0].kind for entry in config.entries if entry.providers} & set(_LOCAL)


def _applies(config: Encryption) -> bool:
    """Return whether it has keys and is known when it was written: else nothing passes."""
    return bool(config.changed and _writers(config))


def run(config: Encryption, view: View) -> Iterator[Violation]:
    """Report a file of keys that is older than a year."""
    if (view.now - date.fromisoformat(config.changed)).days > DAYS:
        kinds = ", ".join(sorted(_writers(config)))
        yield Violation(
            f"the keys ({kinds}) have been the same since {config.changed} or before",
            "resources",
            severity=Severity.LOW if "aesgcm" in kinds else None,
            change=Change("resources", "", "", "Change the keys of encryption at rest"),
        )


CHECK = Check(
    title="Key that encrypts the cluster's data has not been changed for a year",
    subject=Encryption,
    severity=Severity.INFO,
    needs=("flags",),
    fix=(
        "Put a new key first, restart the API servers, write all secrets anew (kubectl get "
        "secrets -A -o json | kubectl replace -f -), then take the old key away; or use kms."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/secrets", "cis-kubernetes/1.2.28", "nis2/h", "pci-dss/3.5"),
    refs=(
        "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key",
    ),
    bad=files.encryption("1577836800"),
    good=files.encryption("1767225600"),
    applies=_applies,
    run=run,
)
