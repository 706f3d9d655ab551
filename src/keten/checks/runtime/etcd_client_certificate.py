"""API server reaches etcd without a client certificate.

etcd then can not tell the API server from anybody else on the network, and who reads or writes
etcd has the whole cluster: every secret, every role. In 2018 a search engine listed over 2,000
etcd servers open to the internet, and one search through them gave 750 MB of data, thousands of
passwords among it.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _host(url: str) -> str:
    host = url.partition("://")[2].partition("/")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    servers = component.words("etcd-servers")
    plain = [url for url in servers if url.startswith("http://")]
    if plain:
        local = all(_host(url) in flags.SECURED for url in plain)
        yield flags.fault(
            component,
            f"talks to etcd in clear text ({plain[0][:60]})",
            "etcd-servers",
            want="https://",
            severity=Severity.LOW if local else None,
        )
    elif not all(url.startswith("unix") for url in servers) or not servers:
        missing = [f for f in ("etcd-certfile", "etcd-keyfile") if not component.flag(f)]
        if missing:
            yield flags.fault(
                component,
                f"reaches etcd without --{missing[0]}",
                missing[0],
                want=f"--{missing[0]}=FILE",
            )


CHECK = Check(
    title="API server reaches etcd without a client certificate",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags",),
    fix=(
        "Set --etcd-certfile and --etcd-keyfile, use https:// in --etcd-servers, and "
        "--client-cert-auth at etcd."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.2.23",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("kube-apiserver", "etcd-servers=http://10.0.0.4:2379"),
    good=flags.pod(
        "kube-apiserver",
        "etcd-servers=https://10.0.0.4:2379",
        "etcd-certfile=/pki/c.crt",
        "etcd-keyfile=/pki/c.key",
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
