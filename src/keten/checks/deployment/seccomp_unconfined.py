"""Container switches seccomp off.

Seccomp keeps away the system calls that ordinary programs never make and that kernel exploits
live on. CVE-2022-0185 and CVE-2022-0492, two ways out of containers, need an unprivileged
container to make a user namespace first, which the runtimes' default profiles refuse.
Unconfined gives it back.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, called, context, eased, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container whose profile in effect is Unconfined."""
    pod = around(workload).seccomp_profile
    for path, container in hardenable(workload):
        own = context(container).seccomp_profile
        profile = pod if own is None else own
        if profile and profile.get("type") == "Unconfined":
            at = f"{workload.pod_path if own is None else path}.securityContext.seccompProfile.type"
            yield Violation(
                f"{called(path, container)} runs without seccomp (Unconfined)",
                at,
                key=f"{path}:seccomp",
                severity=eased(Severity.MEDIUM, workload),
                change=harden(workload, at, "type: Unconfined", after="type: RuntimeDefault"),
            )


CHECK = Check(
    title="Container switches seccomp off",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Set seccompProfile: {type: RuntimeDefault}, or a profile of your own (Localhost).",
    controls=(
        "nsa-cisa/sandboxing",
        "pss/baseline",
        "cis-kubernetes/5.7.2",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=(
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://nvd.nist.gov/vuln/detail/CVE-2022-0185",
    ),
    bad=deployment("""
securityContext:
  seccompProfile: {type: Unconfined}
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
