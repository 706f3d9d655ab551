"""Bootstrap token lasts.

Whoever has a bootstrap token joins the cluster with it: by default it may ask for the
certificate of a node, and what is asked for in its name is signed without anybody looking. It
is meant for the hour in which a node is set up. kubeadm gives it a day, and the controller
tokencleaner takes it away then; with --ttl 0, or written by hand without an expiration, it stays,
in shell histories, user data of virtual machines and images.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Secret

TYPE = "bootstrap.kubernetes.io/token"
MOST = 7
"""Days."""
FIX = "Let bootstrap tokens end"


def _applies(secret: Secret) -> bool:
    return secret.type == TYPE and secret.namespace in ("kube-system", "")


def run(secret: Secret, view: View) -> Iterator[Violation]:
    """Report a token without an end, with one far away, or that has been there for long."""
    latest = view.now + timedelta(days=MOST)
    if secret.expires:
        if date.fromisoformat(secret.expires) > latest:
            yield Violation(
                f"{secret.title} is a bootstrap token until {secret.expires}",
                "data.expiration",
                severity=Severity.LOW,
                change=Change("data.expiration", secret.expires, "", FIX),
            )
    elif secret.keys and "expiration" not in secret.keys:
        yield Violation(
            f"{secret.title} is a bootstrap token that does not expire",
            "data",
            change=Change("data.expiration", "", "a time within days", FIX),
        )
    elif secret.created and (view.now - date.fromisoformat(secret.created)).days > MOST:
        yield Violation(
            f"{secret.title} is a bootstrap token that has been there since {secret.created}",
            "metadata.creationTimestamp",
            change=Change("", "", "", FIX),
        )


CHECK = Check(
    title="Bootstrap token lasts",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Secret,
    fix="Delete it (kubeadm token delete ID); make one for the hour that it is needed.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/authentication", "cis-kubernetes/3.1.3", "nis2/i", "pci-dss/8.6"),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/",),
    bad=manifest("""
apiVersion: v1
kind: Secret
metadata: {name: bootstrap-token-07401b, namespace: kube-system}
type: bootstrap.kubernetes.io/token
stringData:
  token-id: 07401b
  usage-bootstrap-authentication: "true"
"""),
    good=manifest("""
apiVersion: v1
kind: Secret
metadata: {name: bootstrap-token-07401b, namespace: kube-system}
type: bootstrap.kubernetes.io/token
stringData:
  token-id: 07401b
  expiration: "2026-11-20T03:22:11Z"
"""),
    applies=_applies,
    run=run,
)
