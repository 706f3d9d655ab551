"""Kubeconfig on a node can be read by others.

The file is a login: of the administrator, the kubelet, the controller manager. Any account of
the machine that reads it has those rights, any process that got out of its container too.
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
    title="Kubeconfig on a node can be read by others",
    subject=NodeFile,
    severity=Severity.HIGH,
    needs=("content",),
    fix="chmod 600 the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.13",
        "cis-kubernetes/1.1.15",
        "cis-kubernetes/1.1.17",
        "cis-kubernetes/4.1.3",
        "cis-kubernetes/4.1.5",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("kubeconfig -rw-r--r-- root root /etc/kubernetes/admin.conf"),
    good=files.report("kubeconfig -rw------- root root /etc/kubernetes/admin.conf"),
    applies=files.of("kubeconfig"),
    run=run,
)
