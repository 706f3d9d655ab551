"""Service selects no pod.

Requests to it go nowhere; a pod that gets these labels later, by accident or on purpose,
receives them with whatever credentials the callers send.

Where no workload of its namespace lies beside it, nothing is known; services without a
selector, whose endpoints are set by hand, pass.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service


def run(service: Service, view: View) -> Iterator[Violation]:
    """Report a service whose labels no companion has."""
    if not service.spec.get("selector") or view.out(service, "selects", Trust.CLAIMED):
        return
    at = "spec.selector"
    yield Violation(
        f"{service.title} selects no pod of {service.namespace or 'its namespace'}",
        at,
        change=Change(at, "", "labels that the pods have", f"Mend the selector of {service.title}"),
    )


CHECK = Check(
    title="Service selects no pod",
    severity=Severity.LOW,
    subject=Service,
    needs=("manifest", "objects"),
    fix="Correct spec.selector so that it matches the pods' labels, or remove the Service.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/service/",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: wbe}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
