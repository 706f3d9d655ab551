"""Kubelet answers requests without any credentials.

A kubelet's port 10250 runs commands in every container of its node. With anonymous requests,
authorization alone stands before it; where that is AlwaysAllow too, everybody who reaches the
port is in every pod. TeamTNT's worm took over thousands of machines in 2021 by just that.

A kubelet that is started without a configuration file answers anonymous requests by default;
one with a file does not.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    path = "authentication.anonymous.enabled"
    if flags.setting(component, "anonymous-auth", path, config=False, bare=True) is not True:
        return
    mode = flags.setting(
        component,
        "authorization-mode",
        "authorization.mode",
        config="Webhook",
        bare="AlwaysAllow",
    )
    anything = mode == "AlwaysAllow"
    yield flags.fault(
        component,
        "answers anonymous requests" + (" and allows everything" if anything else ""),
        "anonymous-auth",
        path=path,
        want="false",
        severity=Severity.CRITICAL if anything else None,
    )


CHECK = Check(
    title="Kubelet answers requests without any credentials",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set authentication.anonymous.enabled: false.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/4.2.1",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("authentication:\n  anonymous: {enabled: true}\n"),
    good=flags.kubelet("authentication:\n  anonymous: {enabled: false}\n"),
    applies=flags.of("kubelet"),
    run=run,
)
