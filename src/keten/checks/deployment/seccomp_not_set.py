"""Container has no seccomp profile.

Unless the kubelet runs with seccomp-default, Kubernetes starts a container without seccomp when
the manifest does not name a profile: every system call of the kernel is open to it, also those
that only exploits make.

One finding names all containers of the workload, as one line in the pod's security context
settles it.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, context, harden, hardenable, linux, listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the containers for which neither they nor the pod name a profile."""
    if around(workload).seccomp_profile:
        return
    names = [c.name for _, c in hardenable(workload) if not context(c).seccomp_profile]
    if names:
        at = f"{workload.pod_path}.securityContext.seccompProfile"
        yield Violation(
            f"{listed(names)} {'have' if len(names) > 1 else 'has'} no seccomp profile",
            at,
            change=harden(workload, at, "", after="seccompProfile: {type: RuntimeDefault}"),
        )


CHECK = Check(
    title="Container has no seccomp profile",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=linux,
    fix="Set seccompProfile: {type: RuntimeDefault} in the pod's securityContext.",
    controls=(
        "nsa-cisa/sandboxing",
        "pss/restricted",
        "cis-kubernetes/5.7.2",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/tutorials/security/seccomp/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
securityContext:
  seccompProfile: {type: RuntimeDefault}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
