"""Ingress serves without TLS.

An Ingress without tls serves plain HTTP. Names, passwords and session cookies go over the wire
as they are; whoever sits in between, in a café or at a provider, reads and changes them.

Annotations by which a cloud's load balancer, or the controller, brings its own certificate are
honoured.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import manifest
from keten.checks._pods import listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route

_CERTIFIED = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/listen-ports",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/v1beta1.FrontendConfig",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "traefik.ingress.kubernetes.io/router.tls",
    "traefik.ingress.kubernetes.io/router.tls.certresolver",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "haproxy.org/ssl-passthrough",
    "cert-manager.io/cluster-issuer",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "kubernetes.io/ingress.allow-http",
)


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report an Ingress that names no certificate in any way."""
    if not route.spec.get("tls") and not any(name in route.annotations for name in _CERTIFIED):
        hosts = list(_hosts(route.spec.get("rules")))
        yield Violation(
            f"{route.title} serves {listed(hosts, 'host') if hosts else 'every host'} without TLS",
            "spec.tls",
            change=Change(
                "spec.tls",
                "",
                "tls: [{hosts: [...], secretName: ...}]",
                f"Serve {route.title} over TLS",
            ),
        )


def _hosts(rules: Any) -> Iterator[str]:
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and rule.get("host"):
            yield str(rule["host"])


def _applies(route: Route) -> bool:
    return route.kind == "Ingress"


CHECK = Check(
    title="Ingress serves without TLS",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    subject=Route,
    applies=_applies,
    fix="Name hosts and certificate under spec.tls; let the controller redirect plain HTTP.",
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  rules:
  - host: shop.example
    http: &web
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
  tls:
  - {hosts: [shop.example], secretName: shop-tls}
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
