"""etcd makes its own certificate, which nobody can check.

With --auto-tls etcd signs a certificate for itself at every start. Clients can not tell it from
another who does the same, so that who takes its place on the network gets the cluster's data.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.on(component, "auto-tls", default=False):
        yield flags.fault(
            component, "serves clients with a certificate of its own make", "auto-tls"
        )


CHECK = Check(
    title="etcd makes its own certificate, which nobody can check",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove --auto-tls; set --cert-file and --key-file.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.3",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "auto-tls=true"),
    good=flags.pod("etcd", "auto-tls=false", "cert-file=/c"),
    applies=flags.of("etcd"),
    run=run,
)
