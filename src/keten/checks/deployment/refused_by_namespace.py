"""Namespace would refuse the workload's pods.

The namespace enforces a level of the Pod Security Standards that the pods do not pass. What runs
goes on running until its pods are replaced; then none comes, by night, when a node goes. And what
runs is what the level was set to keep out.

Judged as the API server of the version that the namespace's label names would. Exemptions of the
admission plugin's own configuration are not seen.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._pods import listed
from keten.checks._standings import refused
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_SHOWN = 3


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload that the level of its own namespace does not let in."""
    found = refused(view, workload)
    if found is None:
        return
    standing, obstacle = found
    why = listed([breach.check for breach in obstacle.breaches], "check", _SHOWN)
    first = next((f.at for b in obstacle.breaches for f in b.faults), "")
    at = workload.pod_path + first.removeprefix("spec") if first.startswith("spec") else ""
    yield Violation(
        f"{workload.title} does not pass {standing.enforce.level} in {standing.name}: {why}",
        at or workload.pod_path,
        key="refused",
        change=Change(at, "", "", f"Bring {workload.title} to the level of {standing.name}"),
    )


CHECK = Check(
    title="Namespace would refuse the workload's pods",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.MEDIUM,
    fix="Change the pods so that the level passes, or move them to a namespace of another level.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "pss/restricted",
        "cis-kubernetes/5.2.1",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-admission/",),
    bad=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: baseline}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: baseline}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
