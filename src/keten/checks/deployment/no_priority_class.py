"""Workload has no priority where others have.

Where an estate orders its workloads by PriorityClass, what names none comes last: it is pushed off
a full node by anything that names one, which an intruder's pod does as well.

Said of files, and only where classes of the estate's own lie beside it, none of them the default.
"""

from collections.abc import Iterator

from keten.checks._beside import beside, known
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload without a class where there are classes."""
    if workload.pod.priority_class_name or not known(view, "PriorityClass"):
        return
    classes = [
        item
        for item in beside(view, workload).every("PriorityClass")
        if isinstance(item, Resource) and not item.name.startswith("system-")
    ]
    if classes and not any(item.spec.get("globalDefault") is True for item in classes):
        names = sorted(item.name for item in classes)
        at = f"{workload.pod_path}.priorityClassName"
        yield Violation(
            f"{workload.title} names no priority class; there are {', '.join(names[:3])}",
            at,
            change=Change(at, "", "priorityClassName: ...", f"Give {workload.title} a priority"),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Deployment", "StatefulSet", "DaemonSet") and not workload.uid


CHECK = Check(
    title="Workload has no priority where others have",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Name a PriorityClass, or make one the default (globalDefault: true).",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: shop}
value: 1000
"""),
    good=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      priorityClassName: shop
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: shop}
value: 1000
"""),
    run=run,
)
