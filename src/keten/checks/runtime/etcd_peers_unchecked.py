"""Members of etcd ask each other for no certificate.

Whoever reaches the peer port can then join the cluster as a member, get all of its data and
vote on its changes. A single member that listens on its host alone is not judged.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _outside(component: Component, flag: str) -> list[str]:
    """Return the addresses that others than the host itself can reach."""
    return [url for url in component.words(flag) if _host(url) not in flags.SECURED]


def _host(url: str) -> str:
    host = url.partition("://")[2].partition("/")[0]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if len(component.words("initial-cluster")) <= 1 and not _outside(component, "listen-peer-urls"):
        return
    if not flags.on(component, "peer-client-cert-auth", default=False):
        yield flags.fault(
            component,
            "asks other members for no certificate",
            "peer-client-cert-auth",
            want="--peer-client-cert-auth=true",
        )


CHECK = Check(
    title="Members of etcd ask each other for no certificate",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set --peer-client-cert-auth=true and --peer-trusted-ca-file.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.5",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "listen-peer-urls=https://10.0.0.4:2380"),
    good=flags.pod("etcd", "listen-peer-urls=https://10.0.0.4:2380", "peer-client-cert-auth=true"),
    applies=flags.of("etcd"),
    run=run,
)
