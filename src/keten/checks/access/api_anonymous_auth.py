"""API server answers requests without any credentials.

Whoever reaches the port is system:anonymous. With RBAC that identity may read /version and the
health paths only, until one binding grants it more. In 2023 Aqua Security told of more than 350
organisations whose clusters stood open, by this way or by an open kubectl proxy; in most of
them miners were at work. With AlwaysAllow authorization it may do anything.

Since Kubernetes 1.31 an AuthenticationConfiguration can keep anonymous requests to the health
paths that load balancers and probes need. One that does not speak of anonymous requests leaves
them to the flag, which is on by default.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if "anonymous" in component.said("authentication-config"):
        return  # the file decides, and is judged by itself
    if not flags.on(component, "anonymous-auth", default=True):
        return
    anything = "AlwaysAllow" in flags.authorizers(component)
    yield flags.fault(
        component,
        "answers anonymous requests"
        + (" and allows everything" if anything else "")
        + ("" if "anonymous-auth" in component.flags else " (the default)"),
        "anonymous-auth",
        want="--anonymous-auth=false",
        severity=Severity.CRITICAL if anything else None,
    )


CHECK = Check(
    title="API server answers requests without any credentials",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags", "server-files"),
    fix=(
        "Set --anonymous-auth=false, or keep it to health paths with an "
        "AuthenticationConfiguration (anonymous.conditions)."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/1.2.1",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
    ),
    bad=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC", "anonymous-auth=true"),
    good=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC", "anonymous-auth=false"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
