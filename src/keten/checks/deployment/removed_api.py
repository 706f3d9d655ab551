"""Workload uses an API version that is no longer served.

A cluster that still accepts it is out of support and gets no security fixes; a newer one
refuses the object, and what it was to deploy, or to replace, stays as it was.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment, manifest
from keten.checks._removed import removed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report an apiVersion that Kubernetes has removed."""
    yield from removed(workload)


CHECK = Check(
    title="Workload uses an API version that is no longer served",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    fix="Write the version that replaced it (apps/v1, batch/v1) and add the selector it requires.",
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3"),
    refs=("https://kubernetes.io/docs/reference/using-api/deprecation-guide/",),
    bad=manifest("""
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4"}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
