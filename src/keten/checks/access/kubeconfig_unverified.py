"""Kubeconfig does not check whom it talks to.

With insecure-skip-tls-verify, or http://, whoever stands on the way gets the credentials that
are sent, and answers in the cluster's name. Such a file is made to try something and is then
copied.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import Kubeconfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(kubeconfig: Kubeconfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for server in kubeconfig.servers:
        if server.unverified or server.server.startswith("http://"):
            local = server.server.partition("://")[2].startswith(
                ("127.0.0.1", "localhost", "[::1]")
            )
            how = "does not check its certificate" if server.unverified else "sends in clear text"
            yield Violation(
                f"cluster {server.name[:60]}: {how}",
                server.at,
                key=server.name,
                severity=Severity.INFO if local else None,
            )


CHECK = Check(
    title="Kubeconfig does not check whom it talks to",
    subject=Kubeconfig,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Put the cluster's authority into certificate-authority-data and remove insecure- "
        "skip-tls-verify."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/authentication", "nis2/h", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/",),
    bad=configs.kubeconfig(
        '{server: "https://k8s.example.com:6443", insecure-skip-tls-verify: true}',
        "{exec: {command: aws}}",
    ),
    good=configs.kubeconfig(
        '{server: "https://k8s.example.com:6443", certificate-authority: ca.crt}',
        "{exec: {command: aws}}",
    ),
    run=run,
)
