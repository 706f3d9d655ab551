"""Workload takes the priority of the system.

system-node-critical and system-cluster-critical are for what a node or cluster can not do
without. A pod with one of them pushes others off a full node, DNS and network plugins among
them, and is the last to be evicted: with the right to create pods it is a way to bring
others down.

Asked of workloads that name a namespace outside of Kubernetes' own. Agents of the node (a
DaemonSet), and what a namespace's name says to be infrastructure, are left out.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_CLASSES = ("system-node-critical", "system-cluster-critical")
_INFRASTRUCTURE = ("system", "kube-", "csi", "cni", "network", "ingress", "cert-manager", "dns",
                   "monitoring", "storage", "operator", "gatekeeper", "kyverno")  # fmt: skip


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload that takes one of the two classes."""
    if workload.pod.priority_class_name not in _CLASSES or workload.kind == "DaemonSet":
        return
    space = workload.namespace
    if space and not any(word in space for word in _INFRASTRUCTURE):
        at = f"{workload.pod_path}.priorityClassName"
        name = workload.pod.priority_class_name
        yield Violation(
            f"{workload.title} in {space} has the priority {name}",
            at,
            change=Change(at, name, "", f"Give {workload.title} a priority of its own"),
        )


CHECK = Check(
    title="Workload takes the priority of the system",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Name a PriorityClass of your own, below those of the system.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/resource-limits", "nis2/c", "pci-dss/2.2", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",),
    bad=deployment("""
priorityClassName: system-cluster-critical
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    good=deployment("""
priorityClassName: shop
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
