"""Route refers to another namespace.

A route may lead into another namespace, and a gateway take a certificate from one, only where a
ReferenceGrant there allows it. Where none is there, nothing comes through. Where one is, the two
namespaces are no longer apart: who may change the route reaches the service past its own gateway's
rules.

For information; said with whether a grant was found.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict, beside, dicts
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource, Route


def run(route: Route, view: View) -> Iterator[Violation]:
    """Report each namespace that a route's backends or a gateway's certificates are of."""
    seen: set[str] = set()
    for kind, space, at in _references(route):
        if space in seen or not route.namespace or space == route.namespace:
            continue
        seen.add(space)
        grants = beside(view, route).every("ReferenceGrant")
        given = any(_allows(g, route, kind, space) for g in grants if isinstance(g, Resource))
        said = "a ReferenceGrant lets it" if given else "no ReferenceGrant lets it"
        yield Violation(
            f"{route.title} takes its {kind} from {space}; {said}",
            at,
            key=space,
            change=Change(at, space, "", f"Keep {route.title} in its namespace"),
        )


def _references(route: Route) -> Iterator[tuple[str, str, str]]:
    rules = route.spec.get("rules")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        refs = as_dict(rule).get("backendRefs")
        for j, ref in enumerate(refs if isinstance(refs, list) else ()):
            if isinstance(as_dict(ref).get("namespace"), str):
                at = f"spec.rules[{i}].backendRefs[{j}].namespace"
                yield str(as_dict(ref).get("kind", "Service")), ref["namespace"], at
    listeners = route.spec.get("listeners")
    for i, listener in enumerate(listeners if isinstance(listeners, list) else ()):
        refs = as_dict(as_dict(listener).get("tls")).get("certificateRefs")
        for j, ref in enumerate(refs if isinstance(refs, list) else ()):
            if isinstance(as_dict(ref).get("namespace"), str):
                at = f"spec.listeners[{i}].tls.certificateRefs[{j}].namespace"
                yield str(as_dict(ref).get("kind", "Secret")), ref["namespace"], at


def _allows(grant: Resource, route: Route, kind: str, space: str) -> bool:
    return (
        grant.namespace == space
        and any(to.get("kind") == kind for to in dicts(grant.spec.get("to")))
        and any(
            one.get("kind") == route.kind and one.get("namespace") == route.namespace
            for one in dicts(grant.spec.get("from"))
        )
    )


def _applies(route: Route) -> bool:
    return route.kind in ("Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


CHECK = Check(
    title="Route refers to another namespace",
    subject=Route,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Put route and service into one namespace, or keep the grant as narrow as it can be.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/namespaces", "nis2/e", "pci-dss/1.4"),
    refs=("https://gateway-api.sigs.k8s.io/api-types/referencegrant/",),
    bad=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: edge}]
  hostnames: [a.example]
  rules:
  - backendRefs: [{name: web, namespace: bank, port: 80}]
"""),
    good=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: edge}]
  hostnames: [a.example]
  rules:
  - backendRefs: [{name: web, port: 80}]
"""),
    run=run,
)
