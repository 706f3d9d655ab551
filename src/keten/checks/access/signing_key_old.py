"""Key that signs service account tokens has not been changed for years.

Who has this key writes itself a token of any service account, and nothing tells it from a real
one. Whoever left, and every backup of the control plane since the key was made, may hold it;
nothing but a new key ends that. It has no date of its own: told is when its file was last
written, and it is at least that old.
"""

from collections.abc import Iterator
from datetime import date

from keten.checks import _files as files
from keten.model.check import Check, Threat
from keten.model.control_plane import NodeFile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

YEARS = 2
_KEYS = ("/sa.key", "/service.key", "/service.current.key", "/service-account-key.pem")
"""As kubeadm, k3s and RKE2, and hand-made clusters call it."""


def _applies(file: NodeFile) -> bool:
    """Return whether it is such a key and known when it was written: else nothing passes."""
    return bool(file.changed) and file.path.endswith(_KEYS)


def run(file: NodeFile, view: View) -> Iterator[Violation]:
    """Report a key whose file is older than YEARS."""
    if (view.now - date.fromisoformat(file.changed)).days > YEARS * 366:
        yield Violation(
            f"{files.told(file)} has signed tokens since {file.changed} or before",
            key=file.path,
            change=Change("", "", "", "Change the key that signs service account tokens"),
        )


CHECK = Check(
    title="Key that signs service account tokens has not been changed for years",
    subject=NodeFile,
    severity=Severity.INFO,
    needs=("content",),
    fix=(
        "Make a new key; give the API servers both (--service-account-key-file twice), sign with "
        "the new one, and take the old one away when its tokens have ended."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.2.22",
        "cis-kubernetes/1.3.4",
        "nis2/h",
        "nis2/i",
        "pci-dss/8.6",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=files.report("key -rw------- root root /etc/kubernetes/pki/sa.key", changed="1577836800"),
    good=files.report("key -rw------- root root /etc/kubernetes/pki/sa.key", changed="1767225600"),
    applies=_applies,
    run=run,
)
