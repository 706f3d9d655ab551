"""API server knows no identity provider for people.

Without OIDC, a webhook or an AuthenticationConfiguration people can only log in with client
certificates, service account tokens or bootstrap tokens. None of these asks for a second
factor, a certificate can not be revoked, and when somebody leaves, nothing central locks them
out.

An authenticating proxy in front of the API server is not seen here.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    ways = ("oidc-issuer-url", "authentication-token-webhook-config-file")
    if component.said("authentication-config").get("jwt"):
        return
    if not any(component.flag(way) for way in ways):
        yield flags.fault(
            component,
            "has no identity provider: people log in with certificates or tokens",
            "authentication-config",
            want="--authentication-config=FILE",
        )


CHECK = Check(
    title="API server knows no identity provider for people",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags", "server-files"),
    fix=(
        "Configure OIDC (--authentication-config or --oidc-issuer-url) with multi-factor "
        "login at the provider."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/3.1.1",
        "cis-kubernetes/3.1.2",
        "cis-kubernetes/3.1.3",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/authentication/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    good=flags.pod("kube-apiserver", "oidc-issuer-url=https://login.example"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
