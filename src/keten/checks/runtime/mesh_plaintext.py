"""Service mesh accepts plain text.

With PERMISSIVE the sidecar takes encrypted and plain traffic alike, with DISABLE only plain:
whoever reaches the pod speaks to it without an identity, and rules that go by identity are
passed by. PERMISSIVE is meant for the time of moving in.

Low for PERMISSIVE, medium for DISABLE; single ports are judged too.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource

_SEVERITY = {"PERMISSIVE": Severity.LOW, "DISABLE": Severity.MEDIUM}


def run(resource: Resource, _: View) -> Iterator[Violation]:
    """Report each mode of a PeerAuthentication that accepts plain text."""
    places = [("spec.mtls.mode", resource.spec.get("mtls"), "")]
    ports = resource.spec.get("portLevelMtls")
    for port, setting in ports.items() if isinstance(ports, dict) else ():
        places.append((f"spec.portLevelMtls.{port}.mode", setting, f" on port {port}"))
    for at, setting, on in places:
        mode = setting.get("mode") if isinstance(setting, dict) else None
        if isinstance(mode, str) and mode in _SEVERITY:
            yield Violation(
                f"{resource.title} accepts plain text{on} ({mode})",
                at,
                severity=_SEVERITY[mode],
                change=Change(
                    at, f"mode: {mode}", "mode: STRICT", f"Require mTLS in {resource.title}"
                ),
            )


def _applies(resource: Resource) -> bool:
    return resource.kind == "PeerAuthentication"


CHECK = Check(
    title="Service mesh accepts plain text",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=Resource,
    applies=_applies,
    fix="Set mode: STRICT once every client has a sidecar or is in the ambient mesh.",
    controls=("nsa-cisa/encryption", "nis2/h", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://istio.io/latest/docs/reference/config/security/peer_authentication/",),
    bad=manifest("""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec:
  mtls: {mode: PERMISSIVE}
"""),
    good=manifest("""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec:
  mtls: {mode: STRICT}
"""),
    run=run,
)
