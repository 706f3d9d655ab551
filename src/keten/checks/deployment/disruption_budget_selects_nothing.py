"""Disruption budget selects no pod.

A budget whose labels match nothing protects nothing, while everybody believes that the service
stays up when nodes are drained: after a label was renamed, say.

In files, reported only where workloads of its namespace lie beside it and nothing there makes
pods that are not to be seen.
"""

from collections.abc import Iterator

from keten.checks._beside import Beside, as_dict, beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(budget: Resource, view: View) -> Iterator[Violation]:
    """Report a budget that selects none of the workloads beside it, nor any in view."""
    wanted, near = budget.spec.get("selector"), beside(view, budget)
    if not budget.spec or not as_dict(wanted) or near.selected(wanted, budget.namespace):
        return
    if not budget.uid and (_made_elsewhere(near) or not _workloads(near, budget.namespace)):
        return
    yield Violation(
        f"{budget.title} selects no pod of {budget.namespace or 'its namespace'}",
        "spec.selector",
        change=Change("spec.selector", "", "", f"Mend the selector of {budget.title}"),
    )


def _workloads(near: Beside, namespace: str) -> bool:
    return any(near.some(k, namespace) for k in ("Deployment", "StatefulSet", "DaemonSet", "Pod"))


def _made_elsewhere(near: Beside) -> bool:
    """Return whether a custom resource beside it may become pods."""
    return any(
        isinstance(item, Resource) and "." in item.api_version.partition("/")[0]
        and not item.api_version.partition("/")[0].endswith(".k8s.io")
        for item in near.cluster.objects
    )  # fmt: skip


def _applies(budget: Resource) -> bool:
    return budget.kind == "PodDisruptionBudget"


CHECK = Check(
    title="Disruption budget selects no pod",
    subject=Resource,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Correct spec.selector so that it matches the pods' labels, or remove the budget.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/tasks/run-application/configure-pdb/",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: wbe}}
"""),
    good=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
