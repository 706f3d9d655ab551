"""API server does not use RBAC.

Without RBAC the Roles and bindings in the cluster do nothing: rights come from a file on the
control plane (ABAC) or from a webhook, out of sight of those who review the cluster.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    modes = component.words("authorization-mode")
    if modes and "AlwaysAllow" not in modes and "RBAC" not in modes:
        yield flags.fault(
            component,
            f"authorizes by {', '.join(modes)[:60]}, without RBAC",
            "authorization-mode",
            want="RBAC",
        )


CHECK = Check(
    title="API server does not use RBAC",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags", "server-files"),
    fix="Set --authorization-mode=Node,RBAC.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.8",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=Node,ABAC"),
    good=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
