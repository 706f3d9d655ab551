"""Webhook that must answer has nobody to answer.

It fails closed, and its service does not exist, selects no pod, its workload is scaled to zero,
or no pod of it was ever started: every request that it is asked about is refused. What is left
of an uninstalled product does this; whoever may scale one deployment can do it to the whole
cluster.

Asked where the namespace of the service was seen, and everything in it.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.admission.lockout import Hook, hooks_of
from keten.cluster.estates import Cluster, estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Webhook


def run(webhook: Webhook, view: View) -> Iterator[Violation]:
    """Report each webhook that fails closed and has no pod behind it."""
    cluster = estate(view).of(webhook)
    for hook in hooks_of(webhook):
        if hook.closed and hook.service is not None and _seen(cluster, hook.service[0]):
            why = cluster.admission.silent(hook) or _idle(cluster, hook)
            if why:
                at = f"webhooks[{hook.index}]"
                yield Violation(
                    f"webhook {hook.name} must answer, and {why}",
                    f"{at}.clientConfig.service",
                    key=hook.name,
                    change=Change(at, "", "", f"Remove {webhook.title}, or bring its pods back"),
                )


def _seen(cluster: Cluster, namespace: str) -> bool:
    """Return whether services and workloads of *namespace* are among what was read."""
    return cluster.scope.cluster is not None or cluster.admission.sees(namespace)


def _idle(cluster: Cluster, hook: Hook) -> str:
    """Return that no pod behind a webhook has an address, of a cluster whose pods were listed."""
    told = cluster.scope.cluster
    if told is None or "pods" not in told.listed or "pods" in told.within:
        return ""
    behind = cluster.admission.behind(hook)
    if not behind or any(item.pod_ips for item in behind):
        return ""
    return f"no pod of {behind[0].title} behind it has an address"


CHECK = Check(
    title="Webhook that must answer has nobody to answer",
    needs=("manifest", "objects"),
    severity=Severity.HIGH,
    subject=Webhook,
    fix="Delete the webhook configuration, or bring its service and pods back.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ),
    bad=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
- name: guard.example
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: guard, namespace: guard}}
  rules:
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
---
apiVersion: v1
kind: Service
metadata: {name: guard, namespace: guard}
spec: {selector: {app: guard}, ports: [{port: 443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: guard, namespace: guard}
spec:
  replicas: 0
  selector: {matchLabels: {app: guard}}
  template:
    metadata: {labels: {app: guard}}
    spec: {containers: [{name: guard, image: "registry.example/guard:1"}]}
"""),
    good=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
- name: guard.example
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: guard, namespace: guard}}
  rules:
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
---
apiVersion: v1
kind: Service
metadata: {name: guard, namespace: guard}
spec: {selector: {app: guard}, ports: [{port: 443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: guard, namespace: guard}
spec:
  replicas: 3
  selector: {matchLabels: {app: guard}}
  template:
    metadata: {labels: {app: guard}}
    spec: {containers: [{name: guard, image: "registry.example/guard:1"}]}
"""),
    run=run,
)
