"""Pod uses the host's network.

The pod sees the node's interfaces: it can listen on them, watch what passes there if it holds
NET_RAW, reach services that trust localhost (the kubelet's read-only port, node-local proxies)
and the cloud's metadata address, and most network plugins apply no NetworkPolicy to it.
CVE-2020-15257 let root in such a pod command containerd's shim through its abstract socket, and
so the node.

Agents of the node (a DaemonSet) such as network plugins and node metrics have reason to; theirs
is one lower.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import eased, harden
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod in the host's network namespace."""
    if workload.pod.host_network:
        at = f"{workload.pod_path}.hostNetwork"
        yield Violation(
            "the pod uses the network of its node; no network policy applies to it",
            at,
            severity=eased(Severity.MEDIUM, workload),
            change=harden(workload, at, "hostNetwork: true", after="hostNetwork: false"),
        )


CHECK = Check(
    title="Pod uses the host's network",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    fix="Remove hostNetwork; publish ports through a Service.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.5",
        "nis2/e",
        "pci-dss/1.3",
        "pci-dss/2.2",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://nvd.nist.gov/vuln/detail/CVE-2020-15257",
    ),
    bad=deployment("""
hostNetwork: true
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
