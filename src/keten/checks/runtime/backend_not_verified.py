"""Connection is encrypted and nobody asks to whom.

With the check of the certificate off, whoever stands in between answers in the other's name, reads
and changes what goes over it; the encryption only looks as if it protected something.

Read in DestinationRules of Istio, ServersTransports of Traefik and policies of kgateway; monitors
of Prometheus, which send at most their own token, are for information.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource

_GRAVE = ("DestinationRule", "ServersTransport", "ServersTransportTCP", "BackendConfigPolicy")
_MILD = ("ServiceMonitor", "PodMonitor", "ScrapeConfig", "Probe")
_DEEP = 8


def run(item: Resource, _: View) -> Iterator[Violation]:
    """Report the first switch that turns the check off."""
    at = _found(item.spec, "spec", 0)
    if at:
        yield Violation(
            f"{item.title} does not check whose certificate it is given",
            at,
            severity=Severity.INFO if item.kind in _MILD else None,
            change=Change(at, "true", "false", f"Have {item.title} check certificates"),
        )


def _found(value: Any, at: str, deep: int) -> str:
    if deep > _DEEP:
        return ""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "insecureSkipVerify" and inner is True:
                return f"{at}.{key}"
            if found := _found(inner, f"{at}.{key}", deep + 1):
                return found
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            if found := _found(inner, f"{at}[{i}]", deep + 1):
                return found
    return ""


def _applies(item: Resource) -> bool:
    return item.kind in _GRAVE or item.kind in _MILD


CHECK = Check(
    title="Connection is encrypted and nobody asks to whom",
    subject=Resource,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Remove insecureSkipVerify, and name the authority that signed the other's certificate.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=(
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings",
    ),
    bad=manifest("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: db, namespace: shop}
spec:
  host: db.example
  trafficPolicy:
    tls: {mode: SIMPLE, insecureSkipVerify: true}
"""),
    good=manifest("""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: db, namespace: shop}
spec:
  host: db.example
  trafficPolicy:
    tls: {mode: SIMPLE, caCertificates: /etc/ssl/db.pem}
"""),
    run=run,
)
