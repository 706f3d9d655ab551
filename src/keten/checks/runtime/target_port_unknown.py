"""Service leads to a port that its pods do not name.

A targetPort given by name is looked up in the pods. Where none of them has a port of that name,
the service has no endpoints: requests go nowhere, and a network policy for the name lets nothing
through, or is loosened until it works.

Ports given by number may be open without being declared, and are not reported.
"""

from collections.abc import Iterator

from keten.checks._beside import beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service


def run(service: Service, view: View) -> Iterator[Violation]:
    """Report each named target port that no pod it selects has."""
    names = [
        (i, port["targetPort"])
        for i, port in enumerate(service.spec.get("ports") or ())
        if isinstance(port, dict) and isinstance(port.get("targetPort"), str)
    ]
    if not names or not service.spec.get("selector"):
        return
    wanted = {"matchLabels": service.spec["selector"]}
    pods = beside(view, service).selected(wanted, service.namespace)
    has = {p.get("name") for w in pods for c in w.pod.all_containers() for p in c[1].ports}
    for i, name in names:
        if pods and name not in has and not name.isdecimal() and "$" not in name:
            at = f"spec.ports[{i}].targetPort"
            yield Violation(
                f"{service.title} leads to the port {name}, which {pods[0].title} does not name",
                at,
                change=Change(at, name, "", f"Mend the ports of {service.title}"),
            )


CHECK = Check(
    title="Service leads to a port that its pods do not name",
    subject=Service,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    fix="Name the port in the pods, or give its number.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/1.2"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",),
    bad=manifest("""
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
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: web}]
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
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
"""),
    run=run,
)
