"""Container runs as root.

Root in a container is root to the kernel: a flaw in the runtime, such as CVE-2019-5736 or
CVE-2024-21626 in runc, turns it into root on the node, and every file of a mounted volume is
open to it.

Where the pod has its own user namespace (hostUsers: false) root is nobody outside, and nothing
is reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, called, context, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container whose user is 0 for certain."""
    pod = around(workload)
    for path, container in hardenable(workload):
        own = context(container).run_as_user
        user = pod.run_as_user if own is None else own
        if user == 0:
            place = workload.pod_path if own is None else path
            at = f"{place}.securityContext.runAsUser"
            yield Violation(
                f"{called(path, container)} runs as root (runAsUser: 0)",
                at,
                key=f"{path}:runAsUser",
                change=harden(workload, at, "runAsUser: 0", after="runAsUser: 10001"),
            )


def _applies(workload: Workload) -> bool:
    return linux(workload) and workload.pod.host_users is not False


CHECK = Check(
    title="Container runs as root",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Run as a user above 0 (runAsUser, and runAsNonRoot: true) and give it the files it needs.",
    controls=(
        "nsa-cisa/non-root",
        "pss/restricted",
        "cis-kubernetes/5.2.7",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://nvd.nist.gov/vuln/detail/CVE-2019-5736",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    runAsUser: 0
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    runAsUser: 10001
"""),
    run=run,
)
