"""Policy webhook lets everything pass when it does not answer.

With failurePolicy Ignore the API server accepts what the webhook never saw: while it restarts,
is scaled to zero, or is kept busy on purpose. A policy that can be waited out stops mistakes,
not attackers.

Asked of the validating webhooks of known policy engines only; whether to fail closed is a
choice, so it is low. runtime/webhook-can-lock-out judges the other side.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook

_ENGINES = (
    "kyverno",
    "gatekeeper",
    "policy.sigstore.dev",
    "connaisseur",
    "kubewarden",
    "polaris",
    "ratify",
    "validate.opa",
    "stackrox",
    "neuvector",
)


def run(webhook: Webhook, _: View) -> Iterator[Violation]:
    """Report each webhook of a policy engine that fails open."""
    for i, item in enumerate(webhook.webhooks):
        name = str(item.get("name") or "")
        if item.get("failurePolicy") == "Ignore" and any(
            e in f"{name} {webhook.name}".lower() for e in _ENGINES
        ):
            at = f"webhooks[{i}].failurePolicy"
            yield Violation(
                f"webhook {name} lets everything pass when it does not answer",
                at,
                key=name,
                change=Change(
                    at,
                    "failurePolicy: Ignore",
                    "failurePolicy: Fail",
                    f"Fail closed in {webhook.title}",
                ),
            )


def _applies(webhook: Webhook) -> bool:
    return webhook.kind == "ValidatingWebhookConfiguration"


CHECK = Check(
    title="Policy webhook lets everything pass when it does not answer",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Webhook,
    applies=_applies,
    fix="Set failurePolicy: Fail, leaving out the namespaces that the webhook itself needs.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "cis-kubernetes/5.2.1", "nis2/e", "pci-dss/2.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ),
    bad=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gatekeeper}
webhooks:
- name: validation.gatekeeper.sh
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: gatekeeper, namespace: gatekeeper-system}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    good=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gatekeeper}
webhooks:
- name: validation.gatekeeper.sh
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: gatekeeper, namespace: gatekeeper-system}}
  namespaceSelector:
    matchExpressions:
    - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, gatekeeper-system]}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
"""),
    run=run,
)
