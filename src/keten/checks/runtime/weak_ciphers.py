"""Weak ciphers are offered.

The suites named here are those that Go's TLS library itself calls insecure: RC4 and 3DES, those
without forward secrecy (TLS_RSA_), and CBC with SHA-256. Who records traffic today reads it
when the key is lost, or attacks it where it stands. Without the flag Go's own choice holds,
which is sound.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import ETCD, Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _weak(suite: str) -> bool:
    """Return whether Go lists a suite as insecure (crypto/tls, InsecureCipherSuites)."""
    return (
        suite.startswith("TLS_RSA_")
        or "_RC4_" in suite
        or "_3DES_" in suite
        or suite.endswith("_CBC_SHA256")
    )


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    flag = "cipher-suites" if component.name == ETCD else "tls-cipher-suites"
    given = flags.setting(component, flag, "tlsCipherSuites", config=(), bare=())
    suites = (
        given.split(",") if isinstance(given, str) else [str(item) for item in flags.entries(given)]
    )
    weak = sorted({suite.strip() for suite in suites if _weak(suite.strip())})
    if weak:
        more = f" and {len(weak) - 1} more" if len(weak) > 1 else ""
        yield flags.fault(component, f"offers {weak[0]}{more}", flag, path="tlsCipherSuites")


CHECK = Check(
    title="Weak ciphers are offered",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=(
        "Name only suites with ECDHE and GCM or ChaCha20 in --tls-cipher-suites, or leave the "
        "flag out."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/encryption",
        "cis-kubernetes/1.2.29",
        "cis-kubernetes/4.2.12",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA"),
    good=flags.pod("kube-apiserver", "tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    applies=flags.of(
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "etcd"
    ),
    run=run,
)
