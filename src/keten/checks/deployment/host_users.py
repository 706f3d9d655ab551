"""Container that needs root is root of the node's user namespace.

Root in a container is root on the node for whoever gets out of it: a flaw of the runtime such as
CVE-2024-21626 (runc) or CVE-2019-5736 then gives the node. With hostUsers: false the container's
root is nobody outside, and capabilities hold in its own user namespace only; user namespaces
are stable in Kubernetes 1.36 and on by default from 1.33.

Asked only where a container says that it runs as root or is given a capability, and the pod
shares no namespace with the node, which user namespaces do not go with.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a pod that runs as root, and could do so in a user namespace."""
    pod = workload.pod
    if pod.host_users is False or pod.host_network or pod.host_pid or pod.host_ipc:
        return
    for path, container in hardenable(workload):
        own = container.security_context
        if own is None:
            continue
        user = own.run_as_user
        if user is None and workload.pod.security_context is not None:
            user = workload.pod.security_context.run_as_user
        added = own.capabilities is not None and set(own.capabilities.add) - {"NET_BIND_SERVICE"}
        if user != 0 and not added:
            continue
        if any(v.get("hostPath") for v in pod.volumes) or container.volume_devices:
            return
        at = f"{workload.pod_path}.hostUsers"
        why = "runs as root" if user == 0 else "is given capabilities"
        yield Violation(
            f"{called(path, container)} {why} in the node's user namespace",
            at,
            change=Change(
                at, "", "false", f"Put {workload.title} into a user namespace", exact=True
            ),
        )
        return


def _applies(workload: Workload) -> bool:
    return linux(workload)


CHECK = Check(
    title="Container that needs root is root of the node's user namespace",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set hostUsers: false, where nodes have a kernel and runtime for it; or do without root.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/sandboxing", "nsa-cisa/non-root", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {runAsUser: 0}
"""),
    good=deployment("""
hostUsers: false
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {runAsUser: 0}
"""),
    run=run,
)
