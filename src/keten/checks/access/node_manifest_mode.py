"""Manifest of the control plane is open to others.

The kubelet runs whatever stands in its manifests, as root and past admission: who writes there
owns the node. Who reads there learns addresses, flags and paths.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.wider(file, 0o600, Severity.MEDIUM)


CHECK = Check(
    title="Manifest of the control plane is open to others",
    subject=NodeFile,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="chmod 600 the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.1",
        "cis-kubernetes/1.1.3",
        "cis-kubernetes/1.1.5",
        "cis-kubernetes/1.1.7",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("manifest -rw-rw-rw- root root /etc/kubernetes/manifests/etcd.yaml"),
    good=files.report("manifest -rw------- root root /etc/kubernetes/manifests/etcd.yaml"),
    applies=files.of("manifest"),
    run=run,
)
