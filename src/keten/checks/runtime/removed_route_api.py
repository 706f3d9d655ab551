"""Route uses an API version that is no longer served.

A cluster that still accepts it is out of support and gets no security fixes; a newer one
refuses the object, so that the way in stays as it was.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._removed import removed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Route


def run(route: Route, _: View) -> Iterator[Violation]:
    """Report an apiVersion that Kubernetes has removed."""
    yield from removed(route)


CHECK = Check(
    title="Route uses an API version that is no longer served",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    subject=Route,
    fix="Write the version that replaced it (networking.k8s.io/v1 for Ingress).",
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3"),
    refs=("https://kubernetes.io/docs/reference/using-api/deprecation-guide/",),
    bad=manifest("""
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  backend: {serviceName: web, servicePort: 80}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""),
    run=run,
)
