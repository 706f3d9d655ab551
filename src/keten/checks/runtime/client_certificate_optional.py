"""Gateway lets clients in whose certificate it could not check.

AllowInsecureFallback asks clients for a certificate and goes on without one, or with one that is
forged: behind the gateway everybody believes that who calls was proved.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Route


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report each place that says AllowInsecureFallback."""
    for at in _fallbacks(route.spec):
        yield Violation(
            f"{route.title} goes on where a client's certificate is missing or does not hold",
            at,
            change=Change(
                at, "AllowInsecureFallback", "AllowValidOnly", f"Check clients of {route.title}",
                exact=True,
            ),
        )  # fmt: skip


def _fallbacks(spec: dict[str, Any]) -> Iterator[str]:
    listeners = spec.get("listeners")
    for i, listener in enumerate(listeners if isinstance(listeners, list) else ()):
        said = as_dict(as_dict(as_dict(listener).get("tls")).get("frontendValidation"))
        if said.get("mode") == "AllowInsecureFallback":
            yield f"spec.listeners[{i}].tls.frontendValidation.mode"
    frontend = as_dict(as_dict(spec.get("tls")).get("frontend"))
    default = as_dict(as_dict(frontend.get("default")).get("validation"))
    if default.get("mode") == "AllowInsecureFallback":
        yield "spec.tls.frontend.default.validation.mode"
    ports = frontend.get("perPort")
    for i, port in enumerate(ports if isinstance(ports, list) else ()):
        said = as_dict(as_dict(as_dict(port).get("tls")).get("validation"))
        if said.get("mode") == "AllowInsecureFallback":
            yield f"spec.tls.frontend.perPort[{i}].tls.validation.mode"


def _applies(route: Route) -> bool:
    return route.kind == "Gateway"


CHECK = Check(
    title="Gateway lets clients in whose certificate it could not check",
    subject=Route,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Set mode: AllowValidOnly, or ask for no certificate.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "nsa-cisa/encryption",
        "nis2/j",
        "pci-dss/8.3",
        "hipaa/164.312(d)",
    ),
    refs=("https://gateway-api.sigs.k8s.io/geps/gep-91/",),
    bad=manifest("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: edge
  tls:
    frontend:
      default:
        validation:
          mode: AllowInsecureFallback
          caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
  listeners:
  - name: web
    port: 443
    protocol: HTTPS
    hostname: "*.shop.example"
    allowedRoutes: {namespaces: {from: Same}}
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
