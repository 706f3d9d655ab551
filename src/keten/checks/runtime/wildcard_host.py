"""Route takes every host.

A rule without a host, or with a wildcard, answers for names that nobody thought of: it gets what is
sent to a name before its own rule exists, or after it is gone, and the application sees host names
that an attacker chose, which end up in links for resetting passwords.

For information; a Gateway API route without hostnames takes those of its listener and is not
reported.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report the first rule or name that is for every host, or for all below one."""
    spec = route.spec
    if route.kind == "Ingress":
        rules = spec.get("rules")
        for i, rule in enumerate(rules if isinstance(rules, list) else ()):
            host = as_dict(rule).get("host")
            if not host or str(host).startswith("*"):
                yield _violation(route, f"spec.rules[{i}].host", str(host or ""))
                return
        return
    names = spec.get("hostnames")
    for i, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name.startswith("*"):
            yield _violation(route, f"spec.hostnames[{i}]", name)
            return


def _violation(route: Route, at: str, host: str) -> Violation:
    return Violation(
        f"{route.title} answers for {host or 'every host'}",
        at,
        key="host",
        change=Change(at, host, "", f"Name the hosts of {route.title}"),
    )


def _applies(route: Route) -> bool:
    return route.kind in ("Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute")


CHECK = Check(
    title="Route takes every host",
    subject=Route,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Name the hosts that the application is known by.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: edge
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: "*.shop.example"
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
