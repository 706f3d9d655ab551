"""Kubelet allows every authenticated request.

With AlwaysAllow whoever the kubelet knows may run commands in every pod of the node and read
its logs: every service account whose token it can check, so every pod. RBAC is not asked, and
the API server's audit log does not see it.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    mode = flags.setting(
        component,
        "authorization-mode",
        "authorization.mode",
        config="Webhook",
        bare="AlwaysAllow",
    )
    if mode == "AlwaysAllow":
        yield flags.fault(
            component,
            "allows every request (AlwaysAllow)",
            "authorization-mode",
            path="authorization.mode",
            want="Webhook",
        )


CHECK = Check(
    title="Kubelet allows every authenticated request",
    subject=Component,
    severity=Severity.HIGH,
    needs=("flags",),
    fix="Set authorization.mode: Webhook.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/4.2.2",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("authorization: {mode: AlwaysAllow}\n"),
    good=flags.kubelet("authorization: {mode: Webhook}\n"),
    applies=flags.of("kubelet"),
    run=run,
)
