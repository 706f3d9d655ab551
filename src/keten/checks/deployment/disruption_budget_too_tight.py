"""Disruption budget asks for all replicas.

A minAvailable that is as many as there are, or as the autoscaler keeps when it is quiet, lets no
pod be evicted: a node can not be drained without force, and its patches wait. minAvailable is
counted over all pods that the budget selects.
"""

from collections.abc import Iterator

from keten.checks._beside import amount, beside, replicas_of
from keten.checks._examples import manifest
from keten.checks._pods import listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(budget: Resource, view: View) -> Iterator[Violation]:
    """Report a budget that asks for as many pods as its workloads have at least."""
    asked = budget.spec.get("minAvailable")
    if asked is None or asked == "100%" or isinstance(asked, bool):
        return
    near = beside(view, budget)
    found = near.selected(budget.spec.get("selector"), budget.namespace)
    counted = [w for w in found if w.kind in ("Deployment", "StatefulSet")]
    if not counted or len(counted) != len([w for w in found if not w.owner]):
        return
    least = [replicas_of(item, near) for item in counted]
    if None in least:
        return
    total = sum(one[0] for one in least if one)
    wanted = amount(asked, total)
    if wanted is not None and total and wanted >= total:
        at = "spec.minAvailable"
        who = listed([one[1] for one in least if one], "", 2).removeprefix("s ").strip()
        yield Violation(
            f"{budget.title} asks for {asked} of the {total} pods that {who} keeps",
            at,
            change=Change(at, str(asked), "maxUnavailable: 1", f"Let {budget.title} give way"),
        )


def _applies(budget: Resource) -> bool:
    return budget.kind == "PodDisruptionBudget"


CHECK = Check(
    title="Disruption budget asks for all replicas",
    subject=Resource,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Set maxUnavailable: 1 in its place, or run one replica more.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "pci-dss/6.3.3", "hipaa/164.308(a)(7)"),
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
  minAvailable: 2
  selector: {matchLabels: {app: web}}
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
  minAvailable: 2
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
