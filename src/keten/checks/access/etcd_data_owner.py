"""Data of etcd belongs to an account of its own neither.

The folder belongs to root, or better to an account that etcd alone runs as. Another owner reads
and changes the whole cluster.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.owned(file, ("etcd", "root", "0"), ("etcd", "root", "0"))


CHECK = Check(
    title="Data of etcd belongs to an account of its own neither",
    subject=NodeFile,
    severity=Severity.LOW,
    needs=("content",),
    fix="chown etcd:etcd the folder and run etcd as that account, or leave it to root.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.1.12",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("etcd-data drwx------ jane jane /var/lib/etcd"),
    good=files.report("etcd-data drwx------ etcd etcd /var/lib/etcd"),
    applies=files.of("etcd-data"),
    run=run,
)
