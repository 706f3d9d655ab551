"""Private key of the cluster can be read by others.

With the key of the cluster's authority anybody makes certificates for any user; with that of
service accounts, tokens for any account. Neither can be revoked but by replacing the authority.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.wider(file, 0o600, Severity.HIGH)


CHECK = Check(
    title="Private key of the cluster can be read by others",
    subject=NodeFile,
    severity=Severity.HIGH,
    needs=("content",),
    fix="chmod 600 the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.21",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("key -rw-r----- root root /etc/kubernetes/pki/ca.key"),
    good=files.report("key -rw------- root root /etc/kubernetes/pki/ca.key"),
    applies=files.of("key"),
    run=run,
)
