"""Update stops every pod of a service at once.

With the strategy Recreate, or maxUnavailable 100 %, all replicas end before the first new one is
ready. A service that is down during each update is updated seldom: patches wait.

Asked of Deployments with ports and more than one replica; one that mounts a claim may have to.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a Deployment of several replicas that keeps none of them during an update."""
    replicas, strategy = workload.spec.get("replicas"), workload.spec.get("strategy")
    if not isinstance(replicas, int) or replicas <= 1 or not isinstance(strategy, dict):
        return
    if not any(c.ports for c in workload.pod.containers):
        return
    if any(v.get("persistentVolumeClaim") for v in workload.pod.volumes):
        return
    rolling = strategy.get("rollingUpdate")
    out = rolling.get("maxUnavailable") if isinstance(rolling, dict) else None
    at, said = "spec.strategy.type", "Recreate"
    if strategy.get("type") != "Recreate":
        if out != "100%" and not (isinstance(out, int) and out >= replicas):
            return
        at, said = "spec.strategy.rollingUpdate.maxUnavailable", f"maxUnavailable {out}"
    yield Violation(
        f"{workload.title} stops all {replicas} replicas when it is updated ({said})",
        at,
        change=Change(at, said, "", f"Update {workload.title} pod by pod"),
    )


def _applies(workload: Workload) -> bool:
    return workload.kind == "Deployment"


CHECK = Check(
    title="Update stops every pod of a service at once",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Use RollingUpdate with a maxUnavailable below the number of replicas.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  strategy: {type: Recreate}
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
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    run=run,
)
