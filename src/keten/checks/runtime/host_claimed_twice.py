"""Two namespaces claim the same host and path.

Which of two Ingresses gets the requests is up to the controller: the older one, most often, or the
one that was read first. Whoever may create an Ingress in any namespace can so take a share of the
requests to another's host, with their cookies and passwords, or wait until the other is replaced.

Asked within one ingress class. Low in files, which may be environments side by side.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict, beside, dicts, meets
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Object, Route

_CLASS = "kubernetes.io/ingress.class"
Claims = dict[tuple[str, str, str], list[Object]]


def run(route: Route, view: View) -> Iterator[Violation]:
    """Report each host and path that an Ingress of another namespace claims too."""
    near = beside(view, route)
    claims = view.once(_claims).setdefault(id(near), {})
    if not claims:
        for item in near.every("Ingress"):
            for key, _ in _claimed(item) if isinstance(item, Route) else ():
                claims.setdefault(key, []).append(item)
    for key, at in _claimed(route):
        others = [o for o in claims.get(key, ()) if not meets(o.namespace, route.namespace)]
        if others:
            what = f"{key[1]}{key[2]}"
            yield Violation(
                f"{others[0].title} of {others[0].namespace} claims {what} as well",
                at,
                key=what,
                severity=None if route.uid else Severity.LOW,
                change=Change(at, key[1], "", f"Settle whose {key[1]} is"),
            )


def _claimed(route: Route) -> Iterator[tuple[tuple[str, str, str], str]]:
    rules = route.spec.get("rules")
    which = route.spec.get("ingressClassName") or route.annotations.get(_CLASS, "")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        host = as_dict(rule).get("host")
        if isinstance(host, str) and host:
            for path in dicts(as_dict(as_dict(rule).get("http")).get("paths")):
                yield (str(which), host, str(path.get("path") or "/")), f"spec.rules[{i}].host"


def _claims(_: View) -> dict[int, Claims]:
    return {}


def _applies(route: Route) -> bool:
    return route.kind == "Ingress"


CHECK = Check(
    title="Two namespaces claim the same host and path",
    subject=Route,
    needs=("manifest", "objects"),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Leave the host to one namespace, and hold names to namespaces by an admission policy.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/namespaces", "nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/",),
    bad=manifest("""
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
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: other}
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
