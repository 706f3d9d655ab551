"""Secret holds a service account token that does not expire.

A Secret of this type is filled by Kubernetes with a token that does not expire and is not bound
to a pod: copied once, from a backup, a log or a laptop, it works until the Secret or the
account is deleted. The tokens that pods get today end with the pod at the latest, and those of
kubectl create token after an hour unless more is asked for. Kubernetes has made none of the old
kind by itself since 1.24. Of a live one it is told when it was made and, where the API server
notes it, when it was used last.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Secret

USED = "kubernetes.io/legacy-token-last-used"
"""The label in which the API server notes the day of the last use."""


def run(secret: Secret, _: View) -> Iterator[Violation]:
    """Report a Secret of the type for account tokens."""
    if secret.type == "kubernetes.io/service-account-token":
        account = secret.annotations.get("kubernetes.io/service-account.name", "an account")
        made = f", made on {secret.created}" if secret.created else ""
        used = secret.labels.get(USED, "")[:10]
        used = f", last used on {used}" if used else ""
        yield Violation(
            f"{secret.title} is a token of {account} that does not expire{made}{used}",
            "type",
            change=Change("type", secret.type, "", f"Remove the lasting token of {account}"),
        )


CHECK = Check(
    title="Secret holds a service account token that does not expire",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Secret,
    fix="Use requested tokens (TokenRequest); from outside the cluster, federated identity.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/service-account-tokens", "nis2/i", "pci-dss/8.6"),
    refs=(
        "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
    ),
    bad=manifest("""
apiVersion: v1
kind: Secret
metadata:
  name: ci
  namespace: shop
  annotations: {kubernetes.io/service-account.name: ci}
type: kubernetes.io/service-account-token
"""),
    good=manifest("""
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: shop}
type: kubernetes.io/tls
stringData: {tls.crt: "", tls.key: ""}
"""),
    run=run,
)
