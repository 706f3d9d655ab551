"""API server takes tokens or passwords from a file.

Tokens in a file stand in clear text on the control plane, never expire, and change only when
the API server is started anew. A copy of the file or of a backup of it is access for years, and
nobody can be locked out at once. Passwords in a file (--basic-auth-file) went with Kubernetes
1.19.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for flag, what in (("token-auth-file", "tokens"), ("basic-auth-file", "passwords")):
        if component.flag(flag):
            yield flags.fault(component, f"takes {what} from {component.flag(flag)[:60]}", flag)


CHECK = Check(
    title="API server takes tokens or passwords from a file",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=("Give users an identity provider (OIDC) and programs service accounts; remove the flag."),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/1.2.2",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file",
    ),
    bad=flags.pod("kube-apiserver", "token-auth-file=/etc/kubernetes/tokens.csv"),
    good=flags.pod(
        "kube-apiserver", "oidc-issuer-url=https://login.example.com", "oidc-client-id=kubernetes"
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
