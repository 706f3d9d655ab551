"""Autoscaler scales what is not there.

An autoscaler whose target was renamed scales nothing: the service is taken to grow with its load
and stays as it is, which a flood of requests shows.

In files, reported only where workloads of that kind lie beside it, and none of that name anywhere.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict, lacks
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource

_KINDS = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


def run(scaler: Resource, view: View) -> Iterator[Violation]:
    """Report an autoscaler whose target is certainly not there."""
    target = as_dict(scaler.spec.get("scaleTargetRef"))
    kind, name = target.get("kind"), target.get("name")
    if kind not in _KINDS or not isinstance(name, str) or "$" in name:
        return
    if lacks(view, scaler, kind, name):
        at = "spec.scaleTargetRef.name"
        yield Violation(
            f"{scaler.title} scales {kind}/{name}, which is not there",
            at,
            change=Change(at, name, "", f"Mend the target of {scaler.title}"),
        )


def _applies(scaler: Resource) -> bool:
    return scaler.kind == "HorizontalPodAutoscaler"


CHECK = Check(
    title="Autoscaler scales what is not there",
    subject=Resource,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Name the workload as it is called now, or remove the autoscaler.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-web, namespace: shop}
spec:
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
"""),
    good=manifest("""
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
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
"""),
    run=run,
)
