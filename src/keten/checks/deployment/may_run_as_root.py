"""Container may run as root.

Unless the manifest says runAsNonRoot: true or names a user, the image decides, and most images
say root. A new build of the image can bring root back without anyone touching the manifest;
runAsNonRoot makes the kubelet refuse it.

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
    """Report the containers of which the user is left to the image."""
    pod = around(workload)
    names, allowed = [], ""
    for path, container in hardenable(workload):
        own = context(container)
        user = pod.run_as_user if own.run_as_user is None else own.run_as_user
        barred = pod.run_as_non_root if own.run_as_non_root is None else own.run_as_non_root
        if user is None and barred is not True:
            names.append(container.name)
            if barred is False:
                place = path if own.run_as_non_root is False else workload.pod_path
                allowed = allowed or f"{place}.securityContext.runAsNonRoot"
    if names:
        at = allowed or f"{workload.pod_path}.securityContext.runAsNonRoot"
        yield Violation(
            f"{listed(names)} may run as root: "
            + ("runAsNonRoot is false" if allowed else "the image decides the user"),
            at,
            key="runAsNonRoot",
            severity=Severity.MEDIUM if allowed else Severity.LOW,
            change=harden(
                workload, at, "runAsNonRoot: false" if allowed else "", after="runAsNonRoot: true"
            ),
        )


def _applies(workload: Workload) -> bool:
    return linux(workload) and workload.pod.host_users is not False


CHECK = Check(
    title="Container may run as root",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=_applies,
    fix="Set runAsNonRoot: true in the pod's securityContext.",
    controls=(
        "nsa-cisa/non-root",
        "pss/restricted",
        "cis-kubernetes/5.2.7",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
securityContext:
  runAsNonRoot: true
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
