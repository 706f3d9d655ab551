"""Workload runs where nothing is to run.

kube-public is readable by everyone, unauthenticated callers too, and kube-node-lease holds the
heartbeats of the nodes. Nobody looks for pods there, so that an intruder's are seen late;
quotas, policies and rights are seldom set.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload in kube-public or kube-node-lease."""
    if workload.namespace in ("kube-public", "kube-node-lease"):
        at = "metadata.namespace"
        yield Violation(
            f"{workload.title} is put in the namespace {workload.namespace}",
            at,
            change=Change(
                at, workload.namespace, "", f"Give {workload.title} a namespace of its own"
            ),
        )


CHECK = Check(
    title="Workload runs where nothing is to run",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Move the workload to a namespace of its own; in a cluster, ask who made it.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=("nsa-cisa/namespaces", "cis-kubernetes/5.7.1", "nis2/e", "pci-dss/2.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces",
    ),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
