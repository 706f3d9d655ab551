"""Ingress names a certificate that is not there.

Controllers then serve a certificate of their own, which no browser trusts: users learn to click
the warning away, and whoever stands in between has their requests. Whoever may create a secret
of that name decides what is served.

Asked of live clusters; where cert-manager is to make it, it may be on its way.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict, beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route

_MAKERS = ("cert-manager.io/", "acme.cert-manager.io/", "kubernetes.io/tls-acme")


def run(route: Route, view: View) -> Iterator[Violation]:
    """Report each secret of spec.tls that is not in the namespace."""
    if any(name.startswith(_MAKERS) for name in route.annotations):
        return
    tls = route.spec.get("tls")
    for i, one in enumerate(tls if isinstance(tls, list) else ()):
        name = as_dict(one).get("secretName")
        if not isinstance(name, str) or not name:
            continue
        if not beside(view, route).named("Secret", name, route.namespace):
            at = f"spec.tls[{i}].secretName"
            yield Violation(
                f"{route.title} names the certificate Secret/{name}, which is not there",
                at,
                change=Change(at, name, "", f"Give {route.title} its certificate"),
            )


def _applies(route: Route) -> bool:
    return route.kind == "Ingress" and bool(route.uid) and bool(route.spec.get("tls"))


CHECK = Check(
    title="Ingress names a certificate that is not there",
    subject=Route,
    needs=("manifest", "references"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Create the secret with the certificate, or correct its name.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, uid: "1"}
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
---
apiVersion: v1
kind: ConfigMap
metadata: {name: x, namespace: other, uid: "90"}
---
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: other, uid: "91"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: x, namespace: other, uid: "92"}
spec: {}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, uid: "1"}
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
---
apiVersion: v1
kind: Secret
metadata: {name: shop-tls, namespace: shop, uid: "2"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: x, namespace: other, uid: "90"}
---
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: other, uid: "91"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: x, namespace: other, uid: "92"}
spec: {}
"""),
    run=run,
)
