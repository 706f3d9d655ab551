"""Configuration on a node is open to others.

Who writes the kubelet's configuration or service file switches its authentication off, or has
it start a program; who writes the network plugin's has root run it.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.wider(file, 0o600, Severity.LOW)


CHECK = Check(
    title="Configuration on a node is open to others",
    subject=NodeFile,
    severity=Severity.LOW,
    needs=("content",),
    fix="chmod 600 the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.9",
        "cis-kubernetes/4.1.1",
        "cis-kubernetes/4.1.9",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("kubelet-config -rw-rw-rw- root root /var/lib/kubelet/config.yaml"),
    good=files.report("kubelet-config -rw------- root root /var/lib/kubelet/config.yaml"),
    applies=files.of("kubelet-config", "kubelet-service", "cni"),
    run=run,
)
