"""Service of several replicas has no disruption budget.

A drain of nodes, as each update of the cluster makes, may evict all replicas of a service at once
where no PodDisruptionBudget selects them. A service that is down then is a reason to put updates
off.

Asked of StatefulSets, and Deployments with ports, that say two or more replicas.
"""

from collections.abc import Iterator

from keten.checks._beside import beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload of several replicas that no budget beside it selects."""
    replicas = workload.spec.get("replicas")
    if not isinstance(replicas, int) or replicas <= 1:
        return
    if workload.kind == "Deployment" and not any(c.ports for c in workload.pod.containers):
        return
    if workload.ref in view.once(_made).of(view, workload):
        return
    yield Violation(
        f"no disruption budget keeps any of {workload.title}'s {replicas} replicas",
        "spec.replicas",
        change=Change("spec.replicas", "", "", f"Give {workload.title} a disruption budget"),
    )


class _Kept:
    """The workloads that budgets select, by scope."""

    def __init__(self) -> None:
        self._by: dict[int, frozenset[str]] = {}

    def of(self, view: View, workload: Workload) -> frozenset[str]:
        """Return the refs of what is selected in the scope of *workload*."""
        near = beside(view, workload)
        found = self._by.get(id(near))
        if found is None:
            found = self._by[id(near)] = frozenset(
                item.ref
                for budget in near.every("PodDisruptionBudget")
                if isinstance(budget, Resource)
                for item in near.selected(budget.spec.get("selector"), budget.namespace)
            )
        return found


def _made(_: View) -> _Kept:
    return _Kept()


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Deployment", "StatefulSet")


CHECK = Check(
    title="Service of several replicas has no disruption budget",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add a PodDisruptionBudget with maxUnavailable: 1 that selects the pods.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    good=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
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
