"""A port without any authentication is open.

The insecure port takes every request as allowed, past authentication, authorization and
admission. kube-apiserver served it on 8080 by default up to Kubernetes 1.19, kube-controller-
manager and kube-scheduler on 10252 and 10251 up to 1.22. Searches of the internet for open
ports 8080 found thousands; miners and ransomware used them.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Example, Threat
from keten.model.control_plane import API_SERVER, Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_PORTS = {
    "kube-apiserver": ("insecure-port", 24, 20),
    "kube-controller-manager": ("port", 24, 23),
    "kube-scheduler": ("port", 23, 23),
}
"""The flag, the minor version that no longer has it, and that where it is off by default."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    flag, gone, off = _PORTS[component.name]
    if not component.minor or component.minor >= gone:
        return
    port = flags.number(component, flag, 0 if component.minor >= off else 1)
    if port == 0:
        return
    address = component.flag("insecure-bind-address" if flag == "insecure-port" else "address")
    local = (address or "127.0.0.1") in flags.SECURED
    if component.name == API_SERVER or not local:
        yield flags.fault(
            component,
            f"serves without authentication on {address[:45] or '127.0.0.1'}",
            flag,
            want=f"--{flag}=0",
            severity=Severity.MEDIUM if local else None,
        )


CHECK = Check(
    title="A port without any authentication is open",
    subject=Component,
    severity=Severity.CRITICAL,
    needs=("flags",),
    fix=(
        "Set --insecure-port=0 (kube-apiserver) or --port=0, and move to a release that has none."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/authentication", "nis2/i", "pci-dss/2.2", "hipaa/164.312(a)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=Example(
        "manifests/kube-apiserver.yaml",
        flags.pod(
            "kube-apiserver", "insecure-port=8080", "insecure-bind-address=0.0.0.0"
        ).text.replace("v1.33.4", "v1.18.2"),
    ),
    good=flags.pod("kube-apiserver", "secure-port=6443"),
    applies=flags.of("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    run=run,
)
