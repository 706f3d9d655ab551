"""Kubeconfig holds a login that lasts.

A certificate, token or password in the file is the login itself: it works from anywhere,
without a second factor, and a certificate can not be revoked before it ends. What the cluster's
own programs use on their nodes is not meant.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import Kubeconfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation

OWN = ("etc/kubernetes/", "var/lib/")
"""Where the cluster's own programs keep theirs, in a node's files."""


def run(kubeconfig: Kubeconfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if kubeconfig.path.startswith(OWN) or kubeconfig.node:
        return
    for login in kubeconfig.logins:
        if login.how in ("certificate", "token", "password") and not login.name.startswith(
            "system:"
        ):
            until = f" until {login.until}" if login.until else ""
            yield Violation(
                f"user {login.name[:60]} logs in with a {login.how} in the file{until}",
                login.at,
                key=login.name,
                severity=Severity.MEDIUM if login.how == "password" else None,
            )


CHECK = Check(
    title="Kubeconfig holds a login that lasts",
    subject=Kubeconfig,
    severity=Severity.LOW,
    needs=("content",),
    fix=(
        "Log people in through an identity provider: an exec plugin (kubectl oidc-login, aws "
        "eks get-token, kubelogin)."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/3.1.1",
        "cis-kubernetes/3.1.2",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/",),
    bad=configs.kubeconfig(
        '{server: "https://k8s.example.com:6443", certificate-authority: ca.crt}',
        "{username: jane, password: LEFT_OUT}",
    ),
    good=configs.kubeconfig(
        '{server: "https://k8s.example.com:6443", certificate-authority: ca.crt}',
        "{exec: {command: kubelogin}}",
    ),
    run=run,
)
