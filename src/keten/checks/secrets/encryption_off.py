"""Secrets are kept in etcd as they are.

Without --encryption-provider-config, whoever gets at etcd's files, a snapshot of its disk or a
backup reads every secret of the cluster. Backups travel further than clusters do.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    names = ("encryption-provider-config", "experimental-encryption-provider-config")
    if not any(component.flag(name) for name in names):
        yield flags.fault(
            component,
            "writes secrets to etcd in clear text",
            names[0],
            want="--encryption-provider-config=FILE",
        )


CHECK = Check(
    title="Secrets are kept in etcd as they are",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=(
        "Set --encryption-provider-config with a KMS v2 provider for secrets, then rewrite "
        "them: kubectl get secrets -A -o json | kubectl replace -f -."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.2.27",
        "nis2/h",
        "pci-dss/3.5",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    good=flags.pod("kube-apiserver", "encryption-provider-config=/etc/kubernetes/encryption.yaml"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
