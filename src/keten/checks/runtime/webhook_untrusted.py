"""Webhook's certificate is trusted no more.

The API server knows a webhook by the ``caBundle`` of its configuration. When every certificate in
it has expired, or a cluster's object has none although the webhook is a service inside, no call
succeeds: one that fails closed refuses all that it is asked about, from that minute on; one
that fails open watches over nothing, and says so nowhere but in the API server's own log.

Not asked of files in which a controller fills the bundle in. A live object without a bundle is
verified by the authorities of the API server's host, which sign for no service of a cluster.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.admission.lockout import Hook, hooks_of
from keten.cluster.admission.trusted import ends
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook

_FILLS = ("inject", "ca-from")
"""In the names of annotations that ask for a bundle: cert-manager's, OpenShift's."""


def run(webhook: Webhook, view: View) -> Iterator[Violation]:
    """Report each webhook whose bundle has expired, or is not there."""
    filled = not webhook.uid and any(word in key for key in webhook.annotations for word in _FILLS)
    for hook in hooks_of(webhook) if not filled else ():
        client = hook.raw.get("clientConfig")
        end = ends(client)
        bare = bool(webhook.uid) and hook.service is not None and not _said(client)
        if end is not None and end < view.now:
            yield _violation(hook, f"caBundle of webhook {hook.name} expired on {end}")
        elif bare:
            yield _violation(hook, f"webhook {hook.name} of a Service has no caBundle")


def _said(client: object) -> bool:
    return isinstance(client, dict) and bool(client.get("caBundle"))


def _violation(hook: Hook, what: str) -> Violation:
    at = f"webhooks[{hook.index}].clientConfig.caBundle"
    then = "what it is asked about is refused" if hook.closed else "all passes it unseen"
    return Violation(
        f"{what}: {then}",
        at,
        key=hook.name,
        severity=None if hook.closed else Severity.MEDIUM,
        change=Change(at, "", "", f"Renew the caBundle of {hook.configuration.title}"),
    )


_OBJECT = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: guard}}
webhooks:
- name: guard.example
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig:
    service: {{name: guard, namespace: guard}}
    caBundle: {}
  rules:
  - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}
"""
_OLD = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSGJNSUdPb0FNQ0FRSUNBUUV3QlFZREsyVndNQTB4Q3pBSkJn"
    "TlZCQU1NQW1OaE1CNFhEVEl3TURFd01UQXcKTURBd01Gb1hEVEl4TURFd01UQXdNREF3TUZvd0RURUxNQWtHQTFV"
    "RUF3d0NZMkV3S2pBRkJnTXJaWEFESVFDVwp1cDhLSXNBOEdUcklReXQ2dnB0dUo5d29ld08wK0hVTWR2NlVXSXp6"
    "cTZNVE1CRXdEd1lEVlIwVEFRSC9CQVV3CkF3RUIvekFGQmdNclpYQURRUUNKbFFtVzB5TVk1MWpYcFhDckNOSVJ4"
    "SVhZakRXK2w4cjhGSll3U1R3aEZqT2sKR2VNamdGZXVhdFZEOUtvcHF3UTUxTnRmNUVyL09FT0dUSS9ScXNvTgot"
    "LS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
)
_GOOD = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSGRNSUdRb0FNQ0FRSUNBUUV3QlFZREsyVndNQTB4Q3pBSkJn"
    "TlZCQU1NQW1OaE1DQVhEVEl3TURFd01UQXcKTURBd01Gb1lEekl3T1Rrd01UQXhNREF3TURBd1dqQU5NUXN3Q1FZ"
    "RFZRUUREQUpqWVRBcU1BVUdBeXRsY0FNaApBSmE2bndvaXdEd1pPc2hESzNxK20yNG4zQ2g3QTdUNGRReDIvcFJZ"
    "alBPcm94TXdFVEFQQmdOVkhSTUJBZjhFCkJUQURBUUgvTUFVR0F5dGxjQU5CQVBVa2h5SVlnVC9DR3QwVS9LbFlz"
    "RHRtUEl1ZUthT2Ric2tFQTlDRm5xbGYKamN1OFdXSDdzelpQMEZEYlpYcEI1bVZIQk03VkxLSzNMR29UcGh4MnFB"
    "Yz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
)

CHECK = Check(
    title="Webhook's certificate is trusted no more",
    needs=("manifest",),
    severity=Severity.HIGH,
    subject=Webhook,
    fix="Renew the authority and the webhook's certificate, and let a controller such as "
    "cert-manager fill the bundle in.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
    ),
    bad=manifest(_OBJECT.format(_OLD)),
    good=manifest(_OBJECT.format(_GOOD)),
    run=run,
)
