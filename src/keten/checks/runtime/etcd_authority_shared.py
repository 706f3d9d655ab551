"""etcd trusts the same authority as the cluster.

Whoever holds any client certificate of the cluster, a kubelet or a user, can then log in to
etcd itself, past RBAC and admission, and read every secret: etcd asks only who issued the
certificate.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    authority = component.flag("etcd-cafile")
    if authority and authority == component.flag("client-ca-file"):
        yield flags.fault(
            component,
            f"uses one authority for etcd and for clients ({authority[:60]})",
            "etcd-cafile",
        )


CHECK = Check(
    title="etcd trusts the same authority as the cluster",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Give etcd an authority of its own, as kubeadm does (pki/etcd/ca.crt).",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.7",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "etcd-cafile=/pki/ca.crt", "client-ca-file=/pki/ca.crt"),
    good=flags.pod("kube-apiserver", "etcd-cafile=/pki/etcd/ca.crt", "client-ca-file=/pki/ca.crt"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
