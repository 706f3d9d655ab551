"""Object uses an API version that is no longer served.

A cluster that still accepts it is out of support and gets no security fixes; a newer one
refuses the object. PodSecurityPolicy went with Kubernetes 1.25: one that is refused, or was
dropped by the upgrade, protects nothing while everybody believes that it does.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._removed import removed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Resource


def run(resource: Resource, _: View) -> Iterator[Violation]:
    """Report an apiVersion that Kubernetes has removed."""
    yield from removed(resource)


CHECK = Check(
    title="Object uses an API version that is no longer served",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=Resource,
    fix="Write the version that replaced it; PodSecurityPolicy became Pod Security admission.",
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3"),
    refs=("https://kubernetes.io/docs/reference/using-api/deprecation-guide/",),
    bad=manifest("""
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: restricted}
spec: {privileged: false}
"""),
    good=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
