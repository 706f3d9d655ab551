"""API server allows every request.

AlwaysAllow is the default of a kube-apiserver that is started without --authorization-mode and
without --authorization-config. Every user, every pod's token and, unless anonymous requests are
off, everybody who reaches the port is then master of the cluster.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if component.flag("authorization-config"):
        return  # judged by itself: access/authorizers-open
    modes = component.words("authorization-mode")
    if not modes or "AlwaysAllow" in modes:
        said = "AlwaysAllow" if modes else "no --authorization-mode, which is AlwaysAllow"
        yield flags.fault(
            component,
            f"allows every request: {said}",
            "authorization-mode",
            want="--authorization-mode=Node,RBAC",
        )


CHECK = Check(
    title="API server allows every request",
    subject=Component,
    severity=Severity.CRITICAL,
    needs=("flags", "server-files"),
    fix="Set --authorization-mode=Node,RBAC.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.6",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/authorization/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=AlwaysAllow"),
    good=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
