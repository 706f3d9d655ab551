"""Container runs privileged.

A privileged container has every capability, every device of the node and no seccomp or AppArmor
profile. Whoever runs code in it can mount the node's disk and is root on the node within
seconds; from there the kubelet's credentials and the secrets of every other pod on the node are
open. It is the first thing that intruders ask for when they may start containers themselves.

With the host's processes or its root directory at hand as well, not even one more step is
needed, and the severity is critical. Agents of the node (a DaemonSet) sometimes have no other
way: theirs is one lower. What a privileged container makes pointless (capabilities, seccomp,
escalation, user) is not reported beside it.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, each, eased, harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each privileged container."""
    pod = workload.pod
    sources = [volume.get("hostPath") for volume in pod.volumes]
    root = any(isinstance(source, dict) and source.get("path") == "/" for source in sources)
    open_host = (
        " and sees the host's processes"
        if pod.host_pid
        else " and the host's root directory is mounted"
        if root
        else ""
    )
    severity = Severity.CRITICAL if open_host else Severity.HIGH
    for path, container in each(workload):
        if context(container).privileged is True:
            at = f"{path}.securityContext.privileged"
            yield Violation(
                f"{called(path, container)} is privileged{open_host}",
                at,
                severity=eased(severity, workload),
                change=harden(workload, at, "privileged: true", after="privileged: false"),
            )


CHECK = Check(
    title="Container runs privileged",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.HIGH,
    applies=linux,
    fix="Remove privileged and add only the capabilities or devices that are really used.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.2",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    privileged: true
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    privileged: false
"""),
    run=run,
)
