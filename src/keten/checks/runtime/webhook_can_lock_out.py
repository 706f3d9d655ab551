"""Webhook can lock the cluster out of repairing itself.

It must answer before any pod is made, in kube-system and in its own namespace too. When its own
pods are gone (after a power cut, an upgrade, an eviction) they can not be started again, and
neither can the network plugin and the DNS that they need: a cluster that was only restarted
stays down until someone deletes the webhook by hand. An attacker gets there by removing one
deployment.

Reported where it fails closed, covers the creation of pods, is served from the cluster, and
nothing (namespace selector, object selector, match conditions) leaves any namespace out.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook

_EXCEPTIONS = ("namespaceSelector", "objectSelector", "matchConditions")
_WANTED = (
    ("apiGroups", {"", "*"}),
    ("resources", {"pods", "*", "*/*"}),
    ("operations", {"CREATE", "*"}),
)


def run(webhook: Webhook, _: View) -> Iterator[Violation]:
    """Report each webhook on pods that fails closed with no exception."""
    for i, item in enumerate(webhook.webhooks):
        client = item.get("clientConfig")
        inside = isinstance(client, dict) and client.get("service")
        narrowed = any(item.get(key) for key in _EXCEPTIONS)
        if inside and not narrowed and item.get("failurePolicy") in (None, "Fail") and _pods(item):
            at = f"webhooks[{i}].namespaceSelector"
            yield Violation(
                f"webhook {item.get('name', '')} must answer for the pods of every namespace",
                at,
                key=str(item.get("name") or ""),
                change=Change(
                    at,
                    "",
                    "namespaceSelector: {matchExpressions: [...]}",
                    f"Leave system namespaces out of {webhook.title}",
                ),
            )


def _pods(item: dict[str, Any]) -> bool:
    rules = item.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict) or rule.get("scope") == "Cluster":
            continue
        if all(any(word in wanted for word in _words(rule.get(key))) for key, wanted in _WANTED):
            return True
    return False


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


CHECK = Check(
    title="Webhook can lock the cluster out of repairing itself",
    needs=("manifest",),
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
