"""Network plugin does not enforce the network policies.

The API server takes a NetworkPolicy whether or not anything enforces it. Flannel by itself
moves packets and enforces nothing: in such a cluster everything reaches everything, and the
policies are there to be read, by auditors too, as if they held.

Reported for the DaemonSet of flannel where network policies stand beside it and no workload
of a plugin that enforces them does (Calico, also as Canal; Cilium, Antrea, OVN-Kubernetes,
kube-router, Weave Net and others).
"""

from collections.abc import Iterable, Iterator

from keten.checks._examples import manifest
from keten.checks._images import parse
from keten.cluster.estates import estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy, Object, Workload

_FLANNEL = ("flannel", "mirrored-flannel", "mirrored-flannel-flannel", "hardened-flannel")
_ENFORCE = (
    "calico", "canal", "cilium", "antrea", "ovn", "kube-router", "weave", "romana", "kube-ovn",
    "network-policies", "network-policy", "networkpolicy", "npc", "azure-npm", "nsx", "contiv",
    "terway", "everoute", "sdn",
)  # fmt: skip
"""What the image of a plugin that enforces policies has in its name."""


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report flannel where policies stand beside it that nobody enforces."""
    objects = estate(view).of(workload).objects
    count = sum(isinstance(item, NetworkPolicy) for item in objects)
    if not count or _enforced(objects):
        return
    what = "1 network policy" if count == 1 else f"{count} network policies"
    yield Violation(
        f"{workload.title} enforces no policy: nothing holds to {what} of the cluster",
        f"{workload.pod_path}.containers[0].image",
        change=Change("", "", "a network plugin that enforces them", "Enforce network policies"),
    )


def _enforced(objects: Iterable[Object]) -> bool:
    return any(
        any(word in name for word in _ENFORCE)
        for item in objects
        if isinstance(item, Workload)
        for name in _names(item)
    )


def _names(workload: Workload) -> Iterator[str]:
    yield workload.name
    for container in workload.pod.containers:
        image = parse(container.image)
        yield image.repository if image is not None else container.image


def _applies(workload: Workload) -> bool:
    return workload.kind == "DaemonSet" and any(
        image is not None and image.repository.rpartition("/")[2] in _FLANNEL
        for image in (parse(container.image) for container in workload.pod.containers)
    )


CHECK = Check(
    title="Network plugin does not enforce the network policies",
    subject=Workload,
    threats=(Threat.ACTOR, Threat.INSIDER),
    severity=Severity.MEDIUM,
    applies=_applies,
    needs=("manifest", "objects"),
    fix="Run a network plugin that enforces NetworkPolicy, or one beside flannel that does so.",
    controls=("nsa-cisa/network-policies", "cis-kubernetes/5.3.1", "nis2/e", "pci-dss/1.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites",
    ),
    bad=manifest("""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec:
      hostNetwork: true
      containers:
      - {name: kube-flannel, image: "ghcr.io/flannel-io/flannel:v0.26.1"}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
"""),
    good=manifest("""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: canal, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: canal}}
  template:
    metadata: {labels: {k8s-app: canal}}
    spec:
      hostNetwork: true
      containers:
      - {name: calico-node, image: "quay.io/calico/node:v3.29.1"}
      - {name: kube-flannel, image: "ghcr.io/flannel-io/flannel:v0.26.1"}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
"""),
    run=run,
)
