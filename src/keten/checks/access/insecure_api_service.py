"""Aggregated API is taken from any server that answers.

With insecureSkipTLSVerify the API server hands the requests of an API group to whatever answers
at the service's address, and believes what it says. Whoever gets between them on the network of
the cluster, or changes the endpoints of the service, answers in its place: reads what users
send and sees, with their names and groups, and makes up what controllers act on.

Low for the metrics APIs, which hold figures: with these an intruder scales what an autoscaler
scales. An APIService without a service is the API server's own and is not judged.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource

_METRICS = "metrics.k8s.io"


def run(item: Resource, _: View) -> Iterator[Violation]:
    """Report an APIService whose server's certificate is not verified."""
    service = as_dict(item.spec.get("service"))
    if not service.get("name") or item.spec.get("insecureSkipTLSVerify") is not True:
        return
    group = str(item.spec.get("group") or "")
    figures = group == _METRICS or group.endswith(f".{_METRICS}")
    at = "spec.insecureSkipTLSVerify"
    yield Violation(
        f"{item.name} is taken from Service/{service['name']} in "
        f"{service.get('namespace') or 'no namespace'}, whose certificate is not verified",
        at,
        severity=Severity.LOW if figures else None,
        change=Change(
            at,
            "insecureSkipTLSVerify: true",
            "caBundle: ...",
            f"Verify the server of {item.title}",
        ),
    )


def _applies(item: Resource) -> bool:
    return item.kind == "APIService" and item.api_version.startswith("apiregistration.k8s.io/")


CHECK = Check(
    title="Aggregated API is taken from any server that answers",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Resource,
    applies=_applies,
    fix=(
        "Remove insecureSkipTLSVerify and set caBundle; cert-manager fills it in by the annotation "
        "cert-manager.io/inject-ca-from."
    ),
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=("nsa-cisa/third-parties", "nsa-cisa/encryption", "nis2/j", "gdpr/32"),
    refs=(
        "https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/",
        "https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/",
    ),
    bad=manifest("""
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.catalog.shop.example}
spec:
  group: catalog.shop.example
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 10
  insecureSkipTLSVerify: true
  service: {name: catalog-api, namespace: catalog}
"""),
    good=manifest("""
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1.catalog.shop.example
  annotations: {cert-manager.io/inject-ca-from: catalog/catalog-api}
spec:
  group: catalog.shop.example
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 10
  service: {name: catalog-api, namespace: catalog}
"""),
    run=run,
)
