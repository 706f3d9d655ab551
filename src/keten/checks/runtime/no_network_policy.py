"""No network policy selects the pod.

Without a policy every pod of the cluster reaches this one on every port, and it reaches every
pod and the Internet. The first pod that is broken into is then the way to the database, the
metadata address and the next namespace; a policy that denies by default is what stops it.

Policies in the same set of files count, of Cilium and of cluster administrators too; those of
Calico are taken to select everything in their namespace, as their selectors are not read. Pods in
the host's network are not judged, as no policy applies to them, and neither is kube-system. Where
no policy of the namespace stands beside the workload, they may be kept elsewhere, and the
severity is low; a workload left out among others that have one is medium. What a live cluster
holds stands together.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment, manifest
from keten.checks._network import held
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy, Object, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload that no policy selects or may select."""
    found = [edge.src for edge in view.into(workload, "selects", Trust.CLAIMED)]
    if any(src.startswith("netpol ") for src in found):
        return
    others = [src for src in found if src.startswith("resource ")]
    if others and (None in map(view.node, others) or held(workload, view) is not False):
        return
    space = workload.namespace or "its namespace"
    yield Violation(
        f"no network policy selects the pods of {workload.title}",
        f"{workload.pod_path.removesuffix('spec')}metadata.labels",
        severity=Severity.MEDIUM if _has_some(workload, view) else Severity.LOW,
        change=Change(
            "", "", "a NetworkPolicy that denies by default", f"Deny traffic by default in {space}"
        ),
    )


def _has_some(workload: Workload, view: View) -> bool:
    """Return whether policies for the workload's namespace stand beside it."""
    return (workload.namespace, _folder(workload)) in view.once(_beside)


def _beside(view: View) -> frozenset[tuple[str, str]]:
    """Return the namespace and folder of every policy: asked of each workload."""
    policies = view.every(NetworkPolicy)
    return frozenset((one.namespace, _folder(one)) for one in policies)


def _folder(item: Object) -> str:
    """Return the folder of the file; of a live object "", as its lists are one for each kind."""
    return "" if item.uid else item.path.rpartition("/")[0]


def _applies(workload: Workload) -> bool:
    return not workload.pod.host_network and workload.namespace != "kube-system"


CHECK = Check(
    title="No network policy selects the pod",
    subject=Workload,
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=_applies,
    needs=("manifest", "objects"),
    fix="Add a NetworkPolicy that denies all traffic of the namespace, and one for what is needed.",
    controls=("nsa-cisa/network-policies", "cis-kubernetes/5.3.2", "nis2/e", "pci-dss/1.3"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: edge}}}]
    ports: [{port: 8080}]
  egress:
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
