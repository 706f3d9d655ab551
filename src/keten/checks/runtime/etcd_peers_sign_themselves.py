"""Members of etcd make their own certificates.

With --peer-auto-tls each member signs for itself, so that members can not tell each other from
an intruder who does the same.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.on(component, "peer-auto-tls", default=False):
        yield flags.fault(
            component,
            "talks to members with a certificate of its own make",
            "peer-auto-tls",
        )


CHECK = Check(
    title="Members of etcd make their own certificates",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove --peer-auto-tls; set --peer-cert-file and --peer-key-file.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/2.6",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://etcd.io/docs/latest/op-guide/security/",),
    bad=flags.pod("etcd", "peer-auto-tls=true"),
    good=flags.pod("etcd", "peer-auto-tls=false"),
    applies=flags.of("etcd"),
    run=run,
)
