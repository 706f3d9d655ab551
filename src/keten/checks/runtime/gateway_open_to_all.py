"""Gateway takes routes of every namespace.

With allowedRoutes.namespaces.from: All, whoever may create a route in any namespace publishes
under the gateway's names, with its certificate: a page to fish for passwords under the company's
own name, or a share of another's requests.

Reported for listeners that have no host name, or a wildcard: under one name there is little to
take.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report each listener that takes routes from everywhere, for names to choose."""
    listeners = route.spec.get("listeners")
    for i, listener in enumerate(listeners if isinstance(listeners, list) else ()):
        spaces = as_dict(as_dict(as_dict(listener).get("allowedRoutes")).get("namespaces"))
        host = as_dict(listener).get("hostname")
        if spaces.get("from") == "All" and (not host or str(host).startswith("*")):
            at = f"spec.listeners[{i}].allowedRoutes.namespaces.from"
            yield Violation(
                f"{route.title} lets every namespace publish {host or 'any host'}",
                at,
                change=Change(at, "All", "Selector", f"Say who may publish by {route.title}"),
            )


def _applies(route: Route) -> bool:
    return route.kind == "Gateway"


CHECK = Check(
    title="Gateway takes routes of every namespace",
    subject=Route,
    needs=("manifest",),
    severity=Severity.LOW,
    applies=_applies,
    fix="Use from: Selector with a label that only administrators set on namespaces, or Same.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/namespaces", "nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://gateway-api.sigs.k8s.io/concepts/security-model/",),
    bad=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: edge
  listeners:
  - name: web
    port: 443
    protocol: HTTPS
    hostname: "*.shop.example"
    allowedRoutes: {namespaces: {from: All}}
    tls: {certificateRefs: [{name: edge-tls}]}
"""),
    good=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: edge
  listeners:
  - name: web
    port: 443
    protocol: HTTPS
    hostname: "*.shop.example"
    allowedRoutes: {namespaces: {from: Same}}
    tls: {certificateRefs: [{name: edge-tls}]}
"""),
    run=run,
)
