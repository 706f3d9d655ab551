"""Pod runs as a Windows host process.

A HostProcess container is no container: it runs on the Windows node itself, with the accounts
of the node, its network and its disks. Whoever gets in is on the node.

Agents of the node (a DaemonSet), such as network plugins, have reason to; theirs is one lower.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, called, context, each, eased, harden
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the pod or container that asks to be a host process."""
    places = [(workload.pod_path, "the pod", around(workload).windows_options)]
    places += [(p, called(p, c), context(c).windows_options) for p, c in each(workload)]
    for path, who, options in places:
        if options and options.get("hostProcess") is True:
            at = f"{path}.securityContext.windowsOptions.hostProcess"
            yield Violation(
                f"{who} runs on the Windows node itself (hostProcess)",
                at,
                severity=eased(Severity.HIGH, workload),
                change=harden(workload, at, "hostProcess: true", after="hostProcess: false"),
            )


CHECK = Check(
    title="Pod runs as a Windows host process",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.HIGH,
    fix="Remove hostProcess and run as ContainerUser; leave work on the node to a node agent.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.11",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",),
    bad=deployment("""
os: {name: windows}
hostNetwork: true
securityContext:
  windowsOptions: {hostProcess: true}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
os: {name: windows}
securityContext:
  windowsOptions: {runAsUserName: ContainerUser}
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
