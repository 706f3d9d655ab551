"""Pod shares the host's inter-process communication.

With hostIPC a container sees the node's shared memory segments, semaphores and message queues,
and reads and writes those that its user may: databases and graphics stacks keep live data
there, and a writer can change what another process believes.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import eased, harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod in the host's IPC namespace."""
    if workload.pod.host_ipc:
        at = f"{workload.pod_path}.hostIPC"
        yield Violation(
            "the pod shares memory segments and message queues with its node",
            at,
            severity=eased(Severity.MEDIUM, workload),
            change=harden(workload, at, "hostIPC: true", after="hostIPC: false"),
        )


CHECK = Check(
    title="Pod shares the host's inter-process communication",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Remove hostIPC; containers of one pod share memory without it.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.4",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
hostIPC: true
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
