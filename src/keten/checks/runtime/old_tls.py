"""TLS 1.0 or 1.1 is accepted.

TLS 1.0 and 1.1 were retired in 2021 (RFC 8996); PCI DSS does not count them as strong
cryptography. Kubernetes takes 1.2 and newer unless --tls-min-version asks for less.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    flag = "tls-min-version"
    given = flags.setting(component, flag, "tlsMinVersion", config="", bare="")
    if str(given) in ("VersionTLS10", "VersionTLS11", "TLS1.0", "TLS1.1"):
        yield flags.fault(
            component,
            f"accepts {given}",
            flag,
            path="tlsMinVersion",
            want="VersionTLS12",
        )


CHECK = Check(
    title="TLS 1.0 or 1.1 is accepted",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set --tls-min-version=VersionTLS12 or VersionTLS13.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://www.rfc-editor.org/rfc/rfc8996",),
    bad=flags.pod("kube-apiserver", "tls-min-version=VersionTLS10"),
    good=flags.pod("kube-apiserver", "tls-min-version=VersionTLS12"),
    applies=flags.of(
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "etcd"
    ),
    run=run,
)
