"""Container unmasks the proc file system.

A runtime hides the parts of /proc that tell and change the kernel's state (/proc/kcore,
/proc/sysrq-trigger, /proc/sys). procMount: Unmasked shows them, writable to root in the
container. It is meant for containers in containers, which have a user namespace of their own;
with hostUsers: false nothing is reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container with an unmasked /proc."""
    for path, container in hardenable(workload):
        if context(container).proc_mount == "Unmasked":
            at = f"{path}.securityContext.procMount"
            yield Violation(
                f"{called(path, container)} sees all of /proc (procMount: Unmasked)",
                at,
                change=harden(workload, at, "procMount: Unmasked", after=""),
            )


def _applies(workload: Workload) -> bool:
    return linux(workload) and workload.pod.host_users is not False


CHECK = Check(
    title="Container unmasks the proc file system",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Remove procMount, or give the pod its own user namespace (hostUsers: false).",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.7.3",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {procMount: Unmasked}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {procMount: Default}
"""),
    run=run,
)
