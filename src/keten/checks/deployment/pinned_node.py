"""Pod names the node it runs on.

nodeName goes past the scheduler: NoSchedule taints, resource requests and affinity do not hold
the pod back, so it can be put beside the control plane on purpose, and it is gone when the node
is. An attacker with the right to create pods chooses a victim with it.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod that says nodeName."""
    if workload.pod.node_name:
        at = f"{workload.pod_path}.nodeName"
        yield Violation(
            f"the pod goes past the scheduler to the node {workload.pod.node_name}",
            at,
            change=Change(
                at, workload.pod.node_name, "", f"Let the scheduler place {workload.title}"
            ),
        )


CHECK = Check(
    title="Pod names the node it runs on",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Remove nodeName; choose nodes by nodeSelector or affinity.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/control-plane", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",),
    bad=deployment("""
nodeName: node-1
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
nodeSelector: {pool: web}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
