"""Pod has no controller.

A pod by itself is gone with its node and is not started again; it takes no part in roll-outs, so
that patched images do not reach it. In a cluster, a pod that nothing made is also what an
intruder leaves who has the right to create pods.

Tests and hooks of release tools, static pods of the control plane, and pods that are to end
(restartPolicy Never or OnFailure) are left out.
"""

from collections.abc import Iterator

from keten.checks._beside import is_hook
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
_STATIC = ("kubernetes.io/config.mirror", "kubernetes.io/config.source", "helm.sh/hook")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod that is to run on and that nothing would start again."""
    pod = workload.pod
    if workload.owner or pod.restart_policy in ("Never", "OnFailure"):
        return
    if workload.namespace == "kube-system" or any(n in workload.annotations for n in _STATIC):
        return
    if is_hook(workload) or workload.name.startswith(_CONTROL_PLANE):
        return
    yield Violation(
        f"{workload.title} is started again by nothing",
        "kind",
        change=Change("kind", "Pod", "Deployment", f"Put {workload.title} into a controller"),
    )


def _applies(workload: Workload) -> bool:
    return workload.kind == "Pod"


CHECK = Check(
    title="Pod has no controller",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Make it a Deployment, StatefulSet, DaemonSet or Job; in a cluster, ask who made it.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=("nis2/c", "nsa-cisa/upgrades", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/#using-pods",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: check, namespace: shop}
spec:
  restartPolicy: Never
  containers:
  - {name: check, image: "registry.example/check:1.4"}
"""),
    run=run,
)
