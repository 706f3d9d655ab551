"""Aggregated API is left to whoever makes its service.

The APIService sends the requests of an API group to a Service that is not there. Whoever may
create a Service of that name in that namespace answers for the group from then on: is sent what
its users write, with their names and groups, and says what is true. Until then discovery is
incomplete, and namespaces that are deleted stay, as nobody can tell whether they are empty.
This is mostly what is left of an uninstalled product.

Asked where it is certain: in a cluster that was listed, or where the services and workloads of
the namespace lie beside it and no service of the name is anywhere in view.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict
from keten.checks._examples import manifest
from keten.checks._services import missing
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(item: Resource, view: View) -> Iterator[Violation]:
    """Report an APIService whose service is not there."""
    match as_dict(item.spec.get("service")):
        case {"name": str(name), "namespace": str(space)} if missing(view, item, space, name):
            yield Violation(
                f"{item.name} is sent to Service/{name} in {space}, which is not there",
                "spec.service",
                change=Change(
                    "spec.service", name, "", f"Remove {item.title}, or bring its service back"
                ),
            )
        case _:
            pass


def _applies(item: Resource) -> bool:
    return item.kind == "APIService" and item.api_version.startswith("apiregistration.k8s.io/")


CHECK = Check(
    title="Aggregated API is left to whoever makes its service",
    needs=("manifest", "objects"),
    severity=Severity.MEDIUM,
    subject=Resource,
    applies=_applies,
    fix="Delete the APIService, or bring its service back.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "nsa-cisa/upgrades", "nis2/e", "pci-dss/2.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/",
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
  service: {name: catalog-api, namespace: catalog}
---
apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: catalog}
spec: {selector: {app: catalog}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: catalog, namespace: catalog, labels: {app: catalog}}
spec: {containers: [{name: catalog, image: "registry.example/catalog:1"}]}
"""),
    good=manifest("""
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.catalog.shop.example}
spec:
  group: catalog.shop.example
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 10
  service: {name: catalog-api, namespace: catalog}
---
apiVersion: v1
kind: Service
metadata: {name: catalog-api, namespace: catalog}
spec: {selector: {app: catalog}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: catalog, namespace: catalog, labels: {app: catalog}}
spec: {containers: [{name: catalog, image: "registry.example/catalog:1"}]}
"""),
    run=run,
)
