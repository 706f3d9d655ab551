"""Pod sees the host's processes.

With hostPID a container lists every process of the node. As root it reads their environment
variables, with the secrets in them, through /proc and kills what it likes; with SYS_ADMIN as
well it enters another process's namespaces with nsenter, which is the node itself.

Agents of the node (a DaemonSet) that measure processes have reason to; theirs is one lower. A
privileged container with hostPID is reported as that.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import context, each, eased, harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod in the host's process namespace, unless privileged says worse."""
    if workload.pod.host_pid and not any(context(c).privileged for _, c in each(workload)):
        at = f"{workload.pod_path}.hostPID"
        yield Violation(
            "the pod sees and may signal every process of its node",
            at,
            severity=eased(Severity.HIGH, workload),
            change=harden(workload, at, "hostPID: true", after="hostPID: false"),
        )


CHECK = Check(
    title="Pod sees the host's processes",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.HIGH,
    applies=linux,
    fix="Remove hostPID; look at processes from an ephemeral container of the pod (kubectl debug).",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.3",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
hostPID: true
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
hostPID: false
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
