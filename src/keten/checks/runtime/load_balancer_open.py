"""Load balancer is open to every address.

A Service of type LoadBalancer gets a public address on most clouds, past every Ingress with its
TLS and its authentication. Public addresses are scanned without pause: databases and dashboards
that were meant for colleagues are found there.

Source ranges, and annotations that make the balancer internal, are honoured. Low, as it may be
the front door.
"""

from collections.abc import Iterator

from keten.checks._balancers import open_to_all
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service


def run(service: Service, _: View) -> Iterator[Violation]:
    """Report a load balancer without source ranges that is not said to be internal."""
    if not open_to_all(service):
        return
    at = "spec.loadBalancerSourceRanges"
    yield Violation(
        f"{service.title} is a load balancer open to every address",
        at,
        change=Change(
            at, "", "loadBalancerSourceRanges: [...]", f"Narrow who reaches {service.title}"
        ),
    )


CHECK = Check(
    title="Load balancer is open to every address",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=Service,
    fix="Set loadBalancerSourceRanges, make it internal, or route through an Ingress or Gateway.",
    controls=("nsa-cisa/network-policies", "nis2/e", "pci-dss/1.4"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80}]
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  loadBalancerSourceRanges: [192.0.2.0/24]
  selector: {app: web}
  ports: [{port: 80}]
"""),
    run=run,
)
