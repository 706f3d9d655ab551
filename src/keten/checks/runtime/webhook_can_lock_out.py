"""Webhook can lock the cluster out of repairing itself.

It must answer before pods of the system, or its own, are made; before nodes report, renew their
leases or register. When its own pods are gone (after a power cut, an upgrade, an eviction) they
can not be started again, and neither can the network plugin and the DNS that they need: a
cluster that was only restarted stays down until someone deletes the webhook by hand. An attacker
gets there by removing one deployment.

Reported where it fails closed, is served from the cluster, and the request is certain to be sent
to it: by its rules, namespace selector and object selector against the labels that are known.
Match conditions are not evaluated: what has some is not reported. High where nodes' own
requests wait for it.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.admission.lockout import ESSENTIAL, Sure, hooks_of
from keten.cluster.estates import estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook

_SHOWN = 3


def run(webhook: Webhook, view: View) -> Iterator[Violation]:
    """Report each webhook that fails closed on what brings a cluster, or itself, back."""
    admission = estate(view).of(webhook).admission
    for hook in hooks_of(webhook):
        if not hook.closed or hook.service is None:
            continue
        asked = [
            request
            for request in (*ESSENTIAL, *admission.own(hook))
            if admission.asked(hook, request) is Sure.YES
        ]
        if not asked:
            continue
        at = f"webhooks[{hook.index}].namespaceSelector"
        words = ", ".join(request.what for request in asked[:_SHOWN])
        more = f" and {len(asked) - _SHOWN} more" if len(asked) > _SHOWN else ""
        nodes = any(request in ESSENTIAL and "pod" not in request.what for request in asked)
        yield Violation(
            f"webhook {hook.name} must answer before the cluster can {words}{more}",
            at,
            key=hook.name,
            severity=Severity.HIGH if nodes else None,
            change=Change(
                at,
                "",
                "namespaceSelector: {matchExpressions: [...]}",
                f"Leave the system and its own pods out of {webhook.title}",
            ),
        )


CHECK = Check(
    title="Webhook can lock the cluster out of repairing itself",
    needs=("manifest", "objects"),
    severity=Severity.MEDIUM,
    subject=Webhook,
    fix="Leave kube-system and the webhook's own namespace out by namespaceSelector.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("nsa-cisa/third-parties", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ),
    bad=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: injector}
webhooks:
- name: inject.example
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: injector, namespace: mesh}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    good=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: injector}
webhooks:
- name: inject.example
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: injector, namespace: mesh}}
  namespaceSelector: {matchLabels: {inject: enabled}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    run=run,
)
