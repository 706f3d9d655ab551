"""No network policy limits what the pod reaches.

Policies hold for the direction they name. A pod that is selected only for ingress still opens
connections to anything: to the control server of whoever broke in, to every other service, to
the cloud's metadata address, from which an attacker took the credentials that opened Capital
One's storage in 2019.

Reported only where some policy selects the pod; where none does, runtime/no-network-policy says
so. Policies of Cilium and of cluster administrators count.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._network import unlimited
from keten.model.check import Check, Threat
from keten.model.facts import Node, Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy, Resource, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload that policies select for ingress alone."""
    found = [view.node(edge.src) for edge in view.into(workload, "selects", Trust.CLAIMED)]
    policies = [node for node in found if isinstance(node, NetworkPolicy)]
    if policies and not any(map(_egress, policies)) and not _held_by_others(workload, found, view):
        space = workload.namespace or "its namespace"
        yield Violation(
            f"the pods of {workload.title} may reach anything: policies limit ingress only",
            f"{workload.pod_path.removesuffix('spec')}metadata.labels",
            about=tuple(policy.ref for policy in policies[:3]),
            change=Change(
                "", "", "policyTypes: [Ingress, Egress]", f"Deny egress by default in {space}"
            ),
        )


def _held_by_others(workload: Workload, found: list[Node | None], view: View) -> bool:
    """Return whether a policy of another kind limits egress, or may."""
    if not any(isinstance(node, Resource) for node in found):
        return False
    return unlimited(workload, view) is not True


def _egress(policy: NetworkPolicy) -> bool:
    types = policy.spec.get("policyTypes")
    return (
        "Egress" in types if isinstance(types, list) and types else bool(policy.spec.get("egress"))
    )


def _applies(workload: Workload) -> bool:
    return not workload.pod.host_network


CHECK = Check(
    title="No network policy limits what the pod reaches",
    subject=Workload,
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=_applies,
    needs=("manifest", "objects"),
    fix="Add a policy with policyTypes [Egress] that names what the pod has to reach.",
    controls=(
        "nsa-cisa/network-policies",
        "nsa-cisa/cloud-metadata",
        "cis-kubernetes/5.3.2",
        "nis2/e",
        "pci-dss/1.3",
    ),
    refs=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - ports: [{port: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - ports: [{port: 8080}]
  egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]
    ports: [{port: 5432}]
  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
