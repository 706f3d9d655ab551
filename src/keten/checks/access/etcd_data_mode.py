"""Data of etcd can be read by others.

The folder holds the whole cluster: every secret as it was written. etcd closes the folder inside of
it, until somebody restores a backup as another account. Any account of the machine
that reads it needs no other right.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.wider(file, 0o700, Severity.MEDIUM)


CHECK = Check(
    title="Data of etcd can be read by others",
    subject=NodeFile,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="chmod 700 the folder.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.1.11",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("etcd-data drwxr-xr-x root root /var/lib/etcd"),
    good=files.report("etcd-data drwx------ root root /var/lib/etcd"),
    applies=files.of("etcd-data"),
    run=run,
)
