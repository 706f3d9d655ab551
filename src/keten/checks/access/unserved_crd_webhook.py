"""Custom resource is converted by whoever makes a service that is missing.

The definition has several versions, and a webhook converts between them; its Service is not
there. Objects can then not be read or written in a version other than the one they are stored
in, and controllers that watch another version stop. Whoever may create a Service of that name,
with a certificate that the definition trusts, is handed every object of the kind and says what
it holds. This is mostly what is left of an uninstalled operator.

Asked where it is certain: in a cluster that was listed, or where the services and workloads of
the namespace lie beside it and no service of the name is anywhere in view.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._services import missing
from keten.cluster.definitions import conversion
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(item: Resource, view: View) -> Iterator[Violation]:
    """Report a definition whose conversion webhook has no service."""
    service, _ = conversion(item.spec)
    versions = item.spec.get("versions")
    served = [
        one
        for one in (versions if isinstance(versions, list | tuple) else ())
        if isinstance(one, dict) and (one.get("served") or one.get("storage"))
    ]
    if service is None or len(served) < 2 or not missing(view, item, *service):  # noqa: PLR2004 one version is never converted
        return
    space, name = service
    yield Violation(
        f"{item.name} is converted by Service/{name} in {space}, which is not there",
        "spec.conversion",
        change=Change(
            "spec.conversion", name, "", f"Remove {item.title}, or bring its webhook back"
        ),
    )


def _applies(item: Resource) -> bool:
    return item.kind == "CustomResourceDefinition"


CHECK = Check(
    title="Custom resource is converted by whoever makes a service that is missing",
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    subject=Resource,
    applies=_applies,
    fix="Bring the webhook's service back, or remove the definition that nothing serves.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/third-parties",
        "nsa-cisa/upgrades",
        "nis2/c",
        "pci-dss/2.2",
        "hipaa/164.308(a)(7)",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
    ),
    bad=manifest("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.retail.example}
spec:
  group: retail.example
  scope: Namespaced
  names: {kind: Shop, plural: shops}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {service: {name: converter, namespace: retail}}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
  - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: v1
kind: Service
metadata: {name: retail, namespace: retail}
spec: {selector: {app: retail}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: retail, namespace: retail, labels: {app: retail}}
spec: {containers: [{name: retail, image: "registry.example/retail:1"}]}
"""),
    good=manifest("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.retail.example}
spec:
  group: retail.example
  scope: Namespaced
  names: {kind: Shop, plural: shops}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {service: {name: converter, namespace: retail}}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
  - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: v1
kind: Service
metadata: {name: converter, namespace: retail}
spec: {selector: {app: retail}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: retail, namespace: retail, labels: {app: retail}}
spec: {containers: [{name: retail, image: "registry.example/retail:1"}]}
"""),
    run=run,
)
