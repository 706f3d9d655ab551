"""Pod sets unsafe kernel parameters.

Most kernel parameters reach beyond the pod that sets them, or their isolation has not been
shown. Kubernetes calls them unsafe, and a kubelet refuses them unless its administrator allows
each; where one did, a pod can starve or weaken its whole node. A flaw in how CRI-O set the
parameters of pods (CVE-2022-0811) even gave root on the node.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, eased, harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload

_SAFE = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
        "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_notsent_lowat",
    }
)
"""The newest list of Pod Security admission: two of 1.32 and two of 1.37 stand at its end."""


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each sysctl that is not on Kubernetes' list of safe ones."""
    for i, item in enumerate(around(workload).sysctls):
        name = item.get("name")
        if isinstance(name, str) and name.replace("/", ".") not in _SAFE:
            at = f"{workload.pod_path}.securityContext.sysctls[{i}]"
            yield Violation(
                f"the pod sets the kernel parameter {name}",
                at,
                severity=eased(Severity.MEDIUM, workload),
                change=harden(workload, at, f"name: {name}", after=""),
            )


CHECK = Check(
    title="Pod sets unsafe kernel parameters",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Remove the sysctl, or set it on the nodes that need it.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.7.3",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        "https://nvd.nist.gov/vuln/detail/CVE-2022-0811",
    ),
    bad=deployment("""
securityContext:
  sysctls:
  - {name: kernel.msgmax, value: "65536"}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
securityContext:
  sysctls:
  - {name: net.ipv4.ip_unprivileged_port_start, value: "80"}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
