"""OpenShift route serves without TLS.

Without spec.tls, or with insecureEdgeTerminationPolicy: Allow, the router serves plain HTTP: names,
passwords and session cookies go over the wire as they are, and whoever sits in between reads and
changes them.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report a route without TLS, or that serves plain HTTP beside it."""
    tls = as_dict(route.spec.get("tls"))
    at = "spec.tls.insecureEdgeTerminationPolicy"
    if not tls:
        said, before, after = "without TLS", "", "tls: {termination: edge}"
        at = "spec.tls"
    elif tls.get("insecureEdgeTerminationPolicy") == "Allow":
        said, before, after = "plain HTTP beside TLS", "Allow", "Redirect"
    else:
        return
    yield Violation(
        f"{route.title} serves {route.spec.get('host') or 'its host'} {said}",
        at,
        change=Change(at, before, after, f"Serve {route.title} over TLS", exact=before == "Allow"),
    )


def _applies(route: Route) -> bool:
    return route.kind == "Route"


CHECK = Check(
    title="OpenShift route serves without TLS",
    subject=Route,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Set spec.tls.termination, and insecureEdgeTerminationPolicy: Redirect.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.17/html/networking/configuring-routes",
    ),
    bad=manifest("""
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: web, namespace: shop}
spec:
  host: web.shop.example
  to: {kind: Service, name: web}
"""),
    good=manifest("""
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: web, namespace: shop}
spec:
  host: web.shop.example
  to: {kind: Service, name: web}
  tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}
"""),
    run=run,
)
