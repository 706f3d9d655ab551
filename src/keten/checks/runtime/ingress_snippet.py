"""Ingress carries configuration for nginx.

A snippet is written into the controller's own configuration. Through CVE-2021-25742 whoever may
create an Ingress reads the controller's token that way, and with it the secrets of all
namespaces. Since version 1.9 ingress-nginx refuses snippets unless an administrator allows
them, which this asks for; the project was retired in March 2026 and mends nothing any more.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route

_PREFIX = "nginx.ingress.kubernetes.io/"


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report each annotation that holds raw configuration."""
    for name in sorted(route.annotations):
        if name.startswith(_PREFIX) and name.endswith("-snippet"):
            at = f"metadata.annotations.{name}"
            yield Violation(
                f"{route.title} puts configuration into nginx ({name.removeprefix(_PREFIX)})",
                at,
                change=Change(at, "...", "", f"Remove nginx snippets from {route.title}"),
            )


def _applies(route: Route) -> bool:
    return route.kind == "Ingress"


CHECK = Check(
    title="Ingress carries configuration for nginx",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Route,
    applies=_applies,
    fix="Use the annotation made for the purpose; keep allow-snippet-annotations off.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "nis2/e", "pci-dss/2.2"),
    refs=("https://github.com/kubernetes/ingress-nginx/issues/7837",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/configuration-snippet: "more_set_headers 'X-A: b';"
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""),
    run=run,
)
