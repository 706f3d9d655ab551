"""Gateway listens for plain HTTP only.

Everything that comes through it, passwords and session cookies too, can be read and changed on
the way.

A listener for HTTP beside one for HTTPS, which redirects, is not reported, and neither is an
Istio gateway that redirects.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route

_ENCRYPTED = ("HTTPS", "TLS", "GRPCS")


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report a gateway of which no listener is encrypted and one is HTTP."""
    plain = ""
    for name in ("listeners", "servers"):
        items = route.spec.get(name)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            if not isinstance(item, dict):
                continue
            port = item.get("port")
            inner = port.get("protocol") if isinstance(port, dict) else None
            protocol = str(item.get("protocol") or inner or "").upper()
            tls = item.get("tls")
            if protocol in _ENCRYPTED or (isinstance(tls, dict) and tls):
                return
            if protocol == "HTTP":
                plain = plain or f"spec.{name}[{i}]"
    if plain:
        yield Violation(
            f"{route.title} listens for plain HTTP and for nothing encrypted",
            plain,
            change=Change(
                plain,
                "protocol: HTTP",
                "protocol: HTTPS, tls: ...",
                f"Serve {route.title} over TLS",
            ),
        )


def _applies(route: Route) -> bool:
    return route.kind == "Gateway"


CHECK = Check(
    title="Gateway listens for plain HTTP only",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    subject=Route,
    applies=_applies,
    fix="Add a listener with protocol HTTPS and a certificate; redirect plain HTTP to it.",
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://gateway-api.sigs.k8s.io/guides/tls/",),
    bad=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: edge
  listeners:
  - {name: web, port: 80, protocol: HTTP}
"""),
    good=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: edge
  listeners:
  - name: web
    port: 443
    protocol: HTTPS
    tls: {certificateRefs: [{name: shop-tls}]}
"""),
    run=run,
)
