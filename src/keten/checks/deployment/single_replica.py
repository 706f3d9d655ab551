"""Service runs as one replica.

One pod is gone with its node, with an eviction and with every update. For information, and only
where the manifest says replicas: 1: left out, the number may be an autoscaler's. Workloads that
are replaced in place (Recreate) or own a volume claim are not judged, and neither are
controllers that elect a leader, which can not be told from here: waive those.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment, manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a Deployment that says replicas: 1 and serves."""
    strategy = workload.spec.get("strategy")
    recreated = isinstance(strategy, dict) and strategy.get("type") == "Recreate"
    claims = any(v.get("persistentVolumeClaim") for v in workload.pod.volumes)
    serves = any(c.ports for c in workload.pod.containers)
    if workload.spec.get("replicas") == 1 and serves and not recreated and not claims:
        yield Violation(
            f"{workload.title} serves from one replica",
            "spec.replicas",
            change=Change(
                "spec.replicas", "replicas: 1", "replicas: 2", f"Run {workload.title} twice"
            ),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind == "Deployment"


CHECK = Check(
    title="Service runs as one replica",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set replicas to two or more and spread them over nodes (topologySpreadConstraints).",
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:1.4
        ports: [{containerPort: 8080}]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
"""),
    run=run,
)
