"""Containers of the pod share their processes.

With shareProcessNamespace every container of the pod sees the others' processes, their
environment and, through /proc/PID/root, their files, secrets among them. A weak sidecar then
gives away the strong one. It is made for debugging.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod of several containers that share a process namespace."""
    if workload.pod.share_process_namespace and len(workload.pod.containers) > 1:
        at = f"{workload.pod_path}.shareProcessNamespace"
        yield Violation(
            f"the pod's {len(workload.pod.containers)} containers see each other's processes",
            at,
            change=harden(workload, at, "shareProcessNamespace: true", after=""),
        )


CHECK = Check(
    title="Containers of the pod share their processes",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=linux,
    fix="Remove shareProcessNamespace; debug with an ephemeral container.",
    controls=("nsa-cisa/pod-security", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",),
    bad=deployment("""
shareProcessNamespace: true
containers:
- name: web
  image: registry.example/web:1.4
- name: log
  image: registry.example/log:2.0
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
- name: log
  image: registry.example/log:2.0
"""),
    run=run,
)
