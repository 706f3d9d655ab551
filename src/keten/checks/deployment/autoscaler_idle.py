"""Autoscaler has nothing to scale.

With as many replicas at most as at least, the autoscaler never acts: the service is taken to grow
with its load, and does not. With one replica at least, the service runs alone whenever it is
quiet, and every eviction is an outage.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(scaler: Resource, _: View) -> Iterator[Violation]:
    """Report an autoscaler whose bounds are the same, or whose lower one is one."""
    least, most = scaler.spec.get("minReplicas", 1), scaler.spec.get("maxReplicas")
    if not isinstance(least, int) or not isinstance(most, int):
        return
    if least == most:
        at, said = "spec.maxReplicas", f"never scales: minReplicas and maxReplicas are {most}"
    elif least == 1:
        at, said = "spec.minReplicas", "lets a service run on one replica"
    else:
        return
    yield Violation(
        f"{scaler.title} {said}", at, change=Change(at, "", "", f"Widen {scaler.title}")
    )


def _applies(scaler: Resource) -> bool:
    return scaler.kind == "HorizontalPodAutoscaler"


CHECK = Check(
    title="Autoscaler has nothing to scale",
    subject=Resource,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set minReplicas to two or more and maxReplicas above it, or remove the autoscaler.",
    threats=(Threat.ACTOR,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",),
    bad=manifest("""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 3
"""),
    good=manifest("""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
"""),
    run=run,
)
