"""Monitor watches nothing.

A ServiceMonitor whose labels no service has collects nothing: no alert is raised when the
application is attacked or down, and nobody is told that none can be.

In files, reported only where other services of the namespace lie beside it and it watches no other
namespace.
"""

from collections.abc import Iterator

from keten.checks._beside import beside, meets
from keten.checks._examples import manifest
from keten.cluster.selectors import Labelled, selector
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(item: Resource, view: View) -> Iterator[Violation]:
    """Report a ServiceMonitor that matches none of the services beside it."""
    wanted = selector(item.spec.get("selector"))
    if wanted is None or not wanted.wants or item.spec.get("namespaceSelector"):
        return
    near = beside(view, item)
    services = [s for s in near.every("Service") if meets(s.namespace, item.namespace)]
    if not services or Labelled(s.labels for s in services).any(wanted):
        return
    yield Violation(
        f"{item.title} matches no service of {item.namespace or 'its namespace'}",
        "spec.selector",
        change=Change("spec.selector", "", "", f"Mend the selector of {item.title}"),
    )


def _applies(item: Resource) -> bool:
    return item.kind == "ServiceMonitor"


CHECK = Check(
    title="Monitor watches nothing",
    subject=Resource,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Correct spec.selector so that it matches the labels of the service.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/audit-logging", "nis2/b", "pci-dss/10.2", "hipaa/164.312(b)"),
    refs=("https://prometheus-operator.dev/docs/developer/getting-started/",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: wbe}}
  endpoints: [{port: http}]
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: http}]
"""),
    run=run,
)
