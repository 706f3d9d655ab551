"""Service opens a port on every node.

A NodePort is open on each address of each node, past Ingress and its TLS, and stays open when
the pod moves. Where nodes have public addresses, it is on the Internet unless a firewall says
no.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service


def run(service: Service, _: View) -> Iterator[Violation]:
    """Report a Service of type NodePort."""
    if service.spec.get("type") == "NodePort":
        yield Violation(
            f"{service.title} opens a port on every node",
            "spec.type",
            change=Change(
                "spec.type",
                "type: NodePort",
                "type: ClusterIP",
                f"Narrow who reaches {service.title}",
            ),
        )


CHECK = Check(
    title="Service opens a port on every node",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=Service,
    fix="Use ClusterIP behind an Ingress or Gateway.",
    controls=("nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80}]
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: ClusterIP
  selector: {app: web}
  ports: [{port: 80}]
"""),
    run=run,
)
