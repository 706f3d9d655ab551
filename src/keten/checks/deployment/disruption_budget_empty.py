"""Disruption budget says no number.

With neither minAvailable nor maxUnavailable a budget holds nothing back: all pods may be evicted at
once, while everybody believes that the service stays up when nodes are drained.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(budget: Resource, _: View) -> Iterator[Violation]:
    """Report a budget with neither of the two."""
    spec = budget.spec
    if spec and spec.get("minAvailable") is None and spec.get("maxUnavailable") is None:
        at = "spec.maxUnavailable"
        yield Violation(
            f"{budget.title} says neither minAvailable nor maxUnavailable",
            at,
            change=Change(at, "", "1", f"Say how many pods {budget.title} keeps", exact=True),
        )


def _applies(budget: Resource) -> bool:
    return budget.kind == "PodDisruptionBudget"


CHECK = Check(
    title="Disruption budget says no number",
    subject=Resource,
    needs=("manifest",),
    severity=Severity.LOW,
    applies=_applies,
    fix="Set maxUnavailable: 1.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/tasks/run-application/configure-pdb/",),
    bad=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {app: web}}
"""),
    good=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
