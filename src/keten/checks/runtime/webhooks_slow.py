"""Webhooks together keep the cluster's own requests waiting.

Mutating webhooks are asked one after another, validating ones at once; each may take its whole
time-out, whether it fails open or closed, and a mutating one that may be reinvoked takes it twice.
Ten seconds each for three of them, and a node's lease is renewed too late, an election is lost,
the API server gives the request up after 34 seconds: an outage of the webhooks becomes one of
the cluster, also where every one of them fails open.

Told once for each request that may wait longer than 20 seconds, an election's lease 9, at the
first configuration that takes part. What webhooks are asked perhaps (match conditions, labels
that are not known) is left out of the sum.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.admission.lockout import ESSENTIAL, REQUEST, Sure, Wait
from keten.cluster.estates import estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook

MOST = 20
"""Seconds. A node's lease lasts 40 and is renewed every 10."""
ELECTION = 9
"""Seconds for an election's lease: it is given up after 10 (leader-elect-renew-deadline)."""
_SHOWN = 3
_ELECTION = next(request for request in ESSENTIAL if request.what == "hold an election")


def run(webhook: Webhook, view: View) -> Iterator[Violation]:
    """Report the requests that wait longest, where this configuration is the first of them."""
    worst: Wait | None = None
    for wait in estate(view).of(webhook).admission.waits():
        certain = Wait(wait.request, tuple(pair for pair in wait.hooks if pair[1] is Sure.YES))
        first = certain.hooks[0][0].configuration if certain.hooks else None
        most = ELECTION if wait.request == _ELECTION else MOST
        if first is webhook and certain.seconds > most:
            worst = certain if worst is None or certain.summed > worst.summed else worst
    if worst is None:
        return
    names = [hook.name for hook, _ in worst.hooks]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    index = worst.hooks[0][0].index
    at = f"webhooks[{index}].timeoutSeconds"
    long = f"{worst.seconds} s" if worst.summed <= REQUEST else f"until it fails at {REQUEST} s"
    yield Violation(
        f"to {worst.request.what} may wait {long} for {', '.join(names[:_SHOWN])}{more}",
        at,
        key=worst.request.what,
        change=Change(at, "", "2", "Shorten the time-outs of webhooks, or narrow what they ask"),
    )


CHECK = Check(
    title="Webhooks together keep the cluster's own requests waiting",
    needs=("manifest", "objects"),
    severity=Severity.MEDIUM,
    subject=Webhook,
    fix="Set timeoutSeconds to a few seconds, and leave nodes, leases and kube-system out.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=("nsa-cisa/third-parties", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
    ),
    bad=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: injectors}
webhooks:
- name: one.example
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  timeoutSeconds: 15
  clientConfig: {service: {name: one, namespace: mesh}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
- name: two.example
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: two, namespace: mesh}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    good=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: injectors}
webhooks:
- name: one.example
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  timeoutSeconds: 3
  clientConfig: {service: {name: one, namespace: mesh}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
- name: two.example
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  timeoutSeconds: 3
  clientConfig: {service: {name: two, namespace: mesh}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    run=run,
)
