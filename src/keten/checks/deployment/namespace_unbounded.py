"""Namespace has no quota.

Without a ResourceQuota, whoever may create objects in a namespace, or has taken over an account
that may, can fill the cluster: with pods that mine, with claims, with objects that fill etcd. A
LimitRange gives bounds to containers that say none.

Asked of namespaces that have workloads; those of Kubernetes itself are left out.
"""

from collections.abc import Iterator

from keten.checks._beside import Beside, beside
from keten.checks._examples import manifest
from keten.cluster.podsecurity.namespaces import SERVED
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Namespace

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Pod", "CronJob", "Job")


def run(namespace: Namespace, view: View) -> Iterator[Violation]:
    """Report what of the two a namespace with workloads does not have."""
    near = beside(view, namespace)
    missing = [k for k in ("ResourceQuota", "LimitRange") if not near.some(k, namespace.name)]
    if "ResourceQuota" in missing and any(_in(near, kind, namespace.name) for kind in _WORKLOADS):
        yield Violation(
            f"namespace {namespace.name} has no {' and no '.join(missing)}",
            "metadata.name",
            change=Change("metadata.name", "", "", f"Bound the namespace {namespace.name}"),
        )


def _in(near: Beside, kind: str, namespace: str) -> bool:
    return any(item.namespace == namespace for item in near.every(kind))


def _applies(namespace: Namespace) -> bool:
    return namespace.name not in SERVED


CHECK = Check(
    title="Namespace has no quota",
    subject=Namespace,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add a ResourceQuota, and a LimitRange with defaults, to the namespace.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=("nsa-cisa/resource-limits", "nsa-cisa/namespaces", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/policy/resource-quotas/",),
    bad=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    good=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: shop}
spec: {hard: {pods: "40", requests.memory: 32Gi}}
"""),
    run=run,
)
