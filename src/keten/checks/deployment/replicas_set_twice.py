"""Manifest resets what the autoscaler scaled.

Where an autoscaler sets the number of replicas and the manifest says one too, each deployment puts
the service back to the manifest's number: in the middle of a flood of requests, say.
"""

from collections.abc import Iterator

from keten.checks._beside import beside, scales
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload that says replicas although an autoscaler beside it does."""
    if workload.uid or workload.spec.get("replicas") is None:
        return
    near = beside(view, workload)
    for item in near.every("HorizontalPodAutoscaler"):
        if isinstance(item, Resource) and scales(item, workload):
            yield Violation(
                f"{workload.title} says replicas, and so does {item.title}",
                "spec.replicas",
                change=Change(
                    "spec.replicas",
                    "replicas",
                    "",
                    f"Let {item.title} alone scale {workload.title}",
                ),
            )


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Deployment", "StatefulSet")


CHECK = Check(
    title="Manifest resets what the autoscaler scaled",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Leave replicas out of the manifest.",
    threats=(Threat.ACTOR,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    ),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
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
