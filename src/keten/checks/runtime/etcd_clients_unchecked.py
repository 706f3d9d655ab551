"""etcd asks its clients for no certificate.

Whoever reaches the port then reads and writes the whole cluster, past RBAC, admission and the
audit log. One pod with a host network, or one open firewall rule, is enough.
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
    if not flags.on(component, "client-cert-auth", default=False):
        urls = component.words("listen-client-urls")
        local = not _outside(component, "listen-client-urls")
        yield flags.fault(
            component,
            "asks clients for no certificate"
            + (" (it listens on the host itself)" if local and urls else ""),
            "client-cert-auth",
            want="--client-cert-auth=true",
            severity=Severity.MEDIUM if local else None,
        )


CHECK = Check(
    title="etcd asks its clients for no certificate",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags",),
    fix=("Set --client-cert-auth=true and --trusted-ca-file to an authority of etcd's own."),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.2",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "listen-client-urls=https://10.0.0.4:2379"),
    good=flags.pod("etcd", "client-cert-auth=true"),
    applies=flags.of("etcd"),
    run=run,
)
