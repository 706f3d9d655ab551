"""Kubeconfig logs in as system:masters.

A certificate of the group system:masters is allowed everything, whatever RBAC says, and nothing
takes that away before it ends but a new authority for the cluster. kubeadm keeps it in super-
admin.conf since 1.29, for emergencies; admin.conf is of an ordinary group there.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Example, Threat
from keten.model.control_plane import Kubeconfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation

MASTERS = "system:masters"


def run(kubeconfig: Kubeconfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for login in kubeconfig.logins:
        if MASTERS in login.organizations:
            emergency = kubeconfig.path.endswith("super-admin.conf")
            yield Violation(
                f"user {login.name[:60]} is of {MASTERS}"
                + (f" until {login.until}" if login.until else ""),
                login.at,
                key=login.name,
                severity=Severity.LOW if emergency else None,
            )


CHECK = Check(
    title="Kubeconfig logs in as system:masters",
    subject=Kubeconfig,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Keep super-admin.conf off the nodes, locked away; give administrators a group of "
        "their own, bound to cluster-admin."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/5.1.7",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/",),
    bad=Example(
        "$",
        "$ openssl x509 -noout -subject -in admin.crt\nsubject=O = system:masters, CN = admin\n",
    ),
    good=configs.kubeconfig(
        '{server: "https://k8s.example.com:6443", certificate-authority: ca.crt}',
        "{exec: {command: kubelogin}}",
    ),
    run=run,
)
