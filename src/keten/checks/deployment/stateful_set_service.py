"""Stateful set's service gives its pods no names.

The pods of a StatefulSet find each other, and are proved to each other by certificates, under
names below the service that serviceName names. A service that is not headless gives them no such
names; one that is not there, nothing at all.

Reported where the service lies beside it with a cluster address, or, in a cluster, is not there.
"""

from collections.abc import Iterator

from keten.checks._beside import beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a serviceName whose service has an address of its own, or is not there."""
    name = workload.spec.get("serviceName")
    if not isinstance(name, str) or not name or "$" in name:
        return
    found = beside(view, workload).named("Service", name, workload.namespace)
    heads = [s for s in found if isinstance(s, Service) and s.spec.get("clusterIP") == "None"]
    if found and not heads:
        said = f"Service/{name}, which is not headless"
    elif not found and workload.uid:
        said = f"Service/{name}, which is not there"
    else:
        return
    yield Violation(
        f"{workload.title} gets its names from {said}",
        "spec.serviceName",
        change=Change("spec.serviceName", name, "", f"Give {workload.title} a headless service"),
    )


def _applies(workload: Workload) -> bool:
    return workload.kind == "StatefulSet"


CHECK = Check(
    title="Stateful set's service gives its pods no names",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Add a Service with clusterIP: None that selects the pods, and name it in serviceName.",
    threats=(Threat.INSIDER,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
    ),
    bad=manifest("""
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
"""),
    good=manifest("""
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
"""),
    run=run,
)
