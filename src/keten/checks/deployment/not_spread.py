"""Replicas may all be on one node.

Several replicas are to outlive a node. Where the manifest names neither topologySpreadConstraints
nor anti-affinity, the scheduler tries to spread them and does not have to: on a full cluster all
may be on one node, and go with it.

Asked of StatefulSets, and Deployments with ports, that say two or more replicas.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload of several replicas that says nothing of where they are."""
    replicas, pod = workload.spec.get("replicas"), workload.pod
    if not isinstance(replicas, int) or replicas <= 1:
        return
    if pod.topology_spread_constraints:
        yield from _counting_nothing(workload)
        return
    if pod.affinity and pod.affinity.get("podAntiAffinity"):
        return
    if workload.kind == "StatefulSet" or any(c.ports for c in pod.containers):
        at = f"{workload.pod_path}.topologySpreadConstraints"
        yield Violation(
            f"{workload.title} does not say where its {replicas} replicas are to be",
            at,
            change=Change(at, "", "topologySpreadConstraints: ...", f"Spread {workload.title}"),
        )


def _counting_nothing(workload: Workload) -> Iterator[Violation]:
    """Report a constraint without a selector: it counts no pods, and so spreads none."""
    for i, one in enumerate(workload.pod.topology_spread_constraints):
        if one.get("labelSelector") is None:
            at = f"{workload.pod_path}.topologySpreadConstraints[{i}].labelSelector"
            yield Violation(
                f"{workload.title} is spread by a constraint that counts no pods",
                at,
                change=Change(at, "", "labelSelector: ...", f"Spread {workload.title}"),
            )


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Deployment", "StatefulSet")


CHECK = Check(
    title="Replicas may all be on one node",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add topologySpreadConstraints over the nodes (kubernetes.io/hostname) and the zones.",
    threats=(Threat.ACTOR,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",),
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
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector: {matchLabels: {app: web}}
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    run=run,
)
