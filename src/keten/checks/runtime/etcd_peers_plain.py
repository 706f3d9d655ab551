"""Members of etcd talk in clear text.

Members copy every change to each other: all secrets of the cluster pass between them. A single
member that listens on its host alone is not judged.
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
    if flags.on(component, "peer-auto-tls", default=False):
        return
    for flag in ("peer-cert-file", "peer-key-file"):
        if not component.flag(flag):
            yield flags.fault(component, f"has no --{flag}", flag, want=f"--{flag}=FILE")
            return


CHECK = Check(
    title="Members of etcd talk in clear text",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set --peer-cert-file and --peer-key-file, and https:// in --listen-peer-urls.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.4",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "listen-peer-urls=http://10.0.0.4:2380"),
    good=flags.pod(
        "etcd", "listen-peer-urls=https://10.0.0.4:2380", "peer-cert-file=/c", "peer-key-file=/k"
    ),
    applies=flags.of("etcd"),
    run=run,
)
