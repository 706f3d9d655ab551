"""File of the cluster does not belong to root.

Its owner may change it whatever its mode says: an ordinary account that owns a manifest, a key
or the kubelet's configuration owns the node.
"""

from collections.abc import Iterator

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _applies(file: NodeFile) -> bool:
    return file.role != "etcd-data"


def run(file: NodeFile, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    yield from files.owned(file, ("root", "0"), ("root", "0"))


CHECK = Check(
    title="File of the cluster does not belong to root",
    subject=NodeFile,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="chown root:root the file.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.1.2",
        "cis-kubernetes/1.1.4",
        "cis-kubernetes/1.1.6",
        "cis-kubernetes/1.1.8",
        "cis-kubernetes/1.1.10",
        "cis-kubernetes/1.1.14",
        "cis-kubernetes/1.1.16",
        "cis-kubernetes/1.1.18",
        "cis-kubernetes/1.1.19",
        "cis-kubernetes/4.1.2",
        "cis-kubernetes/4.1.4",
        "cis-kubernetes/4.1.6",
        "cis-kubernetes/4.1.8",
        "cis-kubernetes/4.1.10",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=files.report("manifest -rw------- jane jane /etc/kubernetes/manifests/etcd.yaml"),
    good=files.report("manifest -rw------- root root /etc/kubernetes/manifests/etcd.yaml"),
    applies=_applies,
    run=run,
)
