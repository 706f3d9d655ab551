"""etcd serves its data in clear text.

All of the cluster is in etcd: every secret, token and role. Without a certificate it passes
over the network in clear text, and whoever sits there reads and changes it.
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
    plain = [url for url in _outside(component, "listen-client-urls") if url.startswith("http://")]
    if plain:
        yield flags.fault(
            component,
            f"serves clients in clear text on {plain[0][:60]}",
            "listen-client-urls",
            want="https://",
        )
    elif not flags.on(component, "auto-tls", default=False):
        for flag in ("cert-file", "key-file"):
            if not component.flag(flag):
                yield flags.fault(
                    component,
                    f"has no --{flag}",
                    flag,
                    want=f"--{flag}=FILE",
                    severity=None if _outside(component, "listen-client-urls") else Severity.LOW,
                )
                return


CHECK = Check(
    title="etcd serves its data in clear text",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags",),
    fix="Set --cert-file and --key-file, and https:// in --listen-client-urls.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.1",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "listen-client-urls=http://10.0.0.4:2379"),
    good=flags.pod(
        "etcd",
        "listen-client-urls=https://10.0.0.4:2379",
        "cert-file=/pki/s.crt",
        "key-file=/pki/s.key",
    ),
    applies=flags.of("etcd"),
    run=run,
)
