"""Container may escalate its privileges.

A process may gain more rights than its parent through setuid programs or file capabilities,
such as sudo or a forgotten setuid helper in the image. allowPrivilegeEscalation: false sets the
kernel's no_new_privs, which closes that way for good. Kubernetes allows it unless told
otherwise.

It is low where the manifest only leaves it out, and medium where it asks for it.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container whose processes may gain privileges."""
    for path, container in hardenable(workload):
        allowed = context(container).allow_privilege_escalation
        if allowed is False:
            continue
        at = f"{path}.securityContext.allowPrivilegeEscalation"
        said = (
            "asks for privilege escalation" if allowed else "does not forbid privilege escalation"
        )
        yield Violation(
            f"{called(path, container)} {said}",
            at,
            severity=Severity.MEDIUM if allowed else Severity.LOW,
            change=harden(
                workload,
                at,
                "allowPrivilegeEscalation: true" if allowed else "",
                after="allowPrivilegeEscalation: false",
            ),
        )


CHECK = Check(
    title="Container may escalate its privileges",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Set allowPrivilegeEscalation: false in the container's securityContext.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/restricted",
        "cis-kubernetes/5.2.6",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    allowPrivilegeEscalation: true
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    allowPrivilegeEscalation: false
"""),
    run=run,
)
