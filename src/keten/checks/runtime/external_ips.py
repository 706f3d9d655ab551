"""Service takes addresses of its own choice.

With externalIPs a Service receives the traffic that the cluster's pods and nodes send to that
address, whatever it is: a DNS server, a payment provider. This is CVE-2020-8554, which has no
patch; the admission plug-in DenyServiceExternalIPs (since Kubernetes 1.21) refuses the field.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service


def run(service: Service, _: View) -> Iterator[Violation]:
    """Report a Service with externalIPs."""
    addresses = service.spec.get("externalIPs")
    if isinstance(addresses, list) and addresses:
        at = "spec.externalIPs"
        names = [str(a) for a in addresses]
        yield Violation(
            f"{service.title} takes the traffic to {', '.join(names[:3])}",
            at,
            change=Change(at, ", ".join(names[:3]), "", f"Narrow who reaches {service.title}"),
        )


CHECK = Check(
    title="Service takes addresses of its own choice",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Service,
    fix="Remove externalIPs; publish the Service as type LoadBalancer or through a Gateway.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://github.com/kubernetes/kubernetes/issues/97076",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  externalIPs: [192.0.2.10]
  ports: [{port: 80}]
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""),
    run=run,
)
