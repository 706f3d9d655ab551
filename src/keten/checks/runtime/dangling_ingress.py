"""Route leads to a service that is not there.

The name still points here from the outside. Whoever may create a service of that name in the
namespace gets the requests, with the cookies and passwords that browsers send along: a way to take
over an address that is left over.

In files, reported only where other services of the namespace lie beside it, and none of that name
anywhere.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._beside import backends, beside, lacks, port_named
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route, Service


def run(route: Route, view: View) -> Iterator[Violation]:
    """Report each service, and each port of one, that is certainly not there."""
    seen: set[tuple[str, Any]] = set()
    for name, port, at in backends(route):
        if (name, port) in seen or "$" in name:
            continue
        seen.add((name, port))
        found = beside(view, route).named("Service", name, route.namespace)
        services = [s for s in found if isinstance(s, Service)]
        if not services and lacks(view, route, "Service", name):
            said = f"{route.title} leads to Service/{name}, which is not there"
        elif services and port and not any(_has(service, port) for service in services):
            said = f"{route.title} leads to port {port} of Service/{name}, which it does not have"
        else:
            continue
        yield Violation(
            said,
            at,
            key=f"{name} {port}",
            change=Change(at, name, "", f"Mend where {route.title} leads"),
        )


def _has(service: Service, port: Any) -> bool:
    external = service.spec.get("type") == "ExternalName"
    return external or not service.spec.get("ports") or port_named(service, port) is not None


def _applies(route: Route) -> bool:
    return route.kind == "Ingress"


CHECK = Check(
    title="Route leads to a service that is not there",
    subject=Route,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Correct the name or port of the service, or remove the route and its DNS record.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: edge
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: shop, port: {number: 80}}}
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: edge
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: web, port: {number: 80}}}
"""),
    run=run,
)
