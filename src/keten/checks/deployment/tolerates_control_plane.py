"""Pod may run on the control plane.

The nodes of the control plane are tainted so that nothing but the control plane runs there: who
breaks out of a container on one is beside etcd and the keys of the cluster. A toleration of
that taint, or of every taint, opens them to this pod.

DaemonSets, which run on every node by design, and pods of kube-system are not judged.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_KEYS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each toleration that covers the control plane's taint."""
    for i, item in enumerate(workload.pod.tolerations):
        every = not item.get("key") and item.get("operator") == "Exists"
        if item.get("effect") not in (None, "", "NoSchedule"):
            continue
        if every or item.get("key") in _KEYS:
            at = f"{workload.pod_path}.tolerations[{i}]"
            yield Violation(
                "the pod tolerates every taint"
                if every
                else "the pod tolerates the taint of the control plane",
                at,
                change=Change(
                    at,
                    "operator: Exists" if every else str(item["key"]),
                    "",
                    f"Keep {workload.title} off the control plane",
                ),
            )


def _applies(workload: Workload) -> bool:
    return workload.kind != "DaemonSet" and workload.namespace != "kube-system"


CHECK = Check(
    title="Pod may run on the control plane",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=_applies,
    fix="Tolerate only the taints of the nodes that the pod is meant for.",
    controls=("nsa-cisa/control-plane", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",),
    bad=deployment("""
tolerations:
- operator: Exists
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
tolerations:
- {key: pool, operator: Equal, value: web, effect: NoSchedule}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
