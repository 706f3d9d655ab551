"""Ingress does not say which controller is to serve it.

Without a class the cluster's default controller takes it, and where there is none every controller
that takes what has no class: an application meant for the inside is served to the outside when a
second controller is installed.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route

_CLASS = "kubernetes.io/ingress.class"


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report an Ingress without a class."""
    if not route.spec.get("ingressClassName") and _CLASS not in route.annotations:
        at = "spec.ingressClassName"
        yield Violation(
            f"{route.title} names no ingress class",
            at,
            change=Change(at, "", "ingressClassName: ...", f"Name the class of {route.title}"),
        )


def _applies(route: Route) -> bool:
    return route.kind == "Ingress"


CHECK = Check(
    title="Ingress does not say which controller is to serve it",
    subject=Route,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set spec.ingressClassName.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: web, port: {number: 80}}}
"""),
    good=manifest("""
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
