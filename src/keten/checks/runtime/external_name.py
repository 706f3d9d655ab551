"""Service leads somewhere else by DNS.

An ExternalName is answered by the cluster's DNS with another name: whoever may change the service
sends its callers, with their credentials, wherever they like, past network policies that name
pods. An ingress in front of one serves what it leads to: the cloud's metadata service, an
administration port of the controller itself, or another tenant's service, as in CVE-2021-25740
and several reports on ingress controllers since.

Medium where it leads to the node itself, the metadata service or the API server, low into
another namespace of the cluster, else for information.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Service

_SELF = ("localhost", "localhost.localdomain", "ip6-localhost")
_METADATA = ("169.254.169.254", "metadata", "metadata.google.internal", "instance-data")
_API = ("kubernetes", "kubernetes.default", "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local")  # fmt: skip


def run(service: Service, _: View) -> Iterator[Violation]:
    """Report where a service of type ExternalName leads."""
    said = service.spec.get("externalName")
    if service.spec.get("type") != "ExternalName" or not isinstance(said, str) or "$" in said:
        return
    name = said.rstrip(".").lower()
    yield Violation(
        f"{service.title} leads to {said[:80]}",
        "spec.externalName",
        severity=_weight(name, service.namespace),
        change=Change("spec.externalName", said, "", f"Say where {service.title} leads"),
    )


def _weight(name: str, namespace: str) -> Severity | None:
    if name in _SELF + _METADATA + _API or name.startswith("127."):
        return Severity.MEDIUM
    inside = name.removesuffix(".cluster.local").removesuffix(".svc")
    if inside == name:
        return None
    space = inside.rpartition(".")[2]
    return None if space == namespace or not namespace else Severity.LOW


CHECK = Check(
    title="Service leads somewhere else by DNS",
    subject=Service,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Give the address to the application as configuration, or name it in EndpointSlices.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/network-policies", "nsa-cisa/cloud-metadata", "nis2/e", "pci-dss/1.4"),
    refs=(
        "https://kubernetes.io/docs/concepts/services-networking/service/#externalname",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-25740",
    ),
    bad=manifest("""
apiVersion: v1
kind: Service
metadata: {name: meta, namespace: shop}
spec: {type: ExternalName, externalName: metadata.google.internal}
"""),
    good=manifest("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
"""),
    run=run,
)
