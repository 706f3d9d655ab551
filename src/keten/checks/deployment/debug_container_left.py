"""Debug container is left in a pod.

kubectl debug puts an ephemeral container into a running pod: an image of anybody's choice, with
the pod's network, its volumes where asked, and often more rights. It can not be taken out again:
it stays until the pod is replaced. Somebody was there, by hand: it may be why a pod behaves as
no manifest says, and it is a way in that leaves the workload itself unchanged.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each ephemeral container."""
    for i, container in enumerate(workload.pod.ephemeral_containers):
        at = f"{workload.pod_path}.ephemeralContainers[{i}]"
        yield Violation(
            f"container {container.name} ({container.image[:60]}) was put in by hand",
            at,
            change=Change(at, container.name, "", f"Replace {workload.title}"),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind == "Pod"


CHECK = Check(
    title="Debug container is left in a pod",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    applies=_applies,
    fix="Ask who put it there (the audit log says), and delete the pod, so that a clean one comes.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/audit-logging", "nis2/b", "pci-dss/11.5", "hipaa/164.312(c)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
  ephemeralContainers:
  - {name: debugger-x7k2p, image: "registry.example/busybox:1.37", targetContainerName: web}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
