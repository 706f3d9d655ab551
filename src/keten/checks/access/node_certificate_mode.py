"""Certificate file of the cluster can be changed by others.

Certificates are public, and who can write the file of an authority adds one of their own, by
which everybody then trusts them.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.wider(file, 0o644, Severity.LOW)


CHECK = Check(
    title="Certificate file of the cluster can be changed by others",
    subject=NodeFile,
    severity=Severity.LOW,
    needs=("content",),
    fix="chmod 644 the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.20",
        "cis-kubernetes/4.1.7",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("certificate -rw-rw-rw- root root /etc/kubernetes/pki/ca.crt"),
    good=files.report("certificate -rw-r--r-- root root /etc/kubernetes/pki/ca.crt"),
    applies=files.of("certificate", "client-ca"),
    run=run,
)
