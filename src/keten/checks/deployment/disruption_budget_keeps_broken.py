"""Disruption budget keeps pods that do not work.

Unless told otherwise, a pod that runs and is not ready counts as one that must stay: an
application that crashes again and again keeps its node from being drained and patched. With
unhealthyPodEvictionPolicy: AlwaysAllow, stable since Kubernetes 1.31, such pods may go.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(budget: Resource, _: View) -> Iterator[Violation]:
    """Report a budget that does not say AlwaysAllow."""
    if budget.spec and budget.spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
        at = "spec.unhealthyPodEvictionPolicy"
        yield Violation(
            f"{budget.title} keeps pods that are not ready",
            at,
            change=Change(at, "", "AlwaysAllow", f"Let {budget.title} give way", exact=True),
        )


def _applies(budget: Resource) -> bool:
    return budget.kind == "PodDisruptionBudget"


CHECK = Check(
    title="Disruption budget keeps pods that do not work",
    subject=Resource,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set unhealthyPodEvictionPolicy: AlwaysAllow.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "pci-dss/6.3.3", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
    ),
    bad=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
"""),
    good=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
