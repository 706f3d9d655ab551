"""API server does not check etcd's certificate.

Without --etcd-cafile the API server trusts the system's authorities for etcd: any certificate
that the machine trusts passes for etcd's, and who takes its place on the network serves what it
likes.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    servers = component.words("etcd-servers")
    if any(url.startswith("https://") for url in servers) and not component.flag("etcd-cafile"):
        yield flags.fault(
            component,
            "trusts the system's authorities for etcd",
            "etcd-cafile",
            want="--etcd-cafile=FILE",
        )


CHECK = Check(
    title="API server does not check etcd's certificate",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set --etcd-cafile to the authority that issues etcd's certificates.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/1.2.26",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "etcd-servers=https://10.0.0.4:2379"),
    good=flags.pod(
        "kube-apiserver", "etcd-servers=https://10.0.0.4:2379", "etcd-cafile=/pki/ca.crt"
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
