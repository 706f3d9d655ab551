"""Container takes a port of the host.

A host port is open on the node's own addresses, past Services and, with many network plugins,
past NetworkPolicies; where nodes have public addresses, it is on the Internet. It also ties the
pod to nodes where the port is free.

A pod in the host's network is reported as that, and agents of the node (a DaemonSet) are one
lower.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, each, eased, listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each host port of a pod that has its own network."""
    if workload.pod.host_network:
        return
    for path, container in each(workload):
        taken = [
            (number, i)
            for i, port in enumerate(container.ports)
            if isinstance(number := port.get("hostPort"), int) and number > 0
        ]
        if taken:
            at = f"{path}.ports[{taken[0][1]}].hostPort"
            numbers = listed([str(number) for number, _i in taken], "port")
            group = f"Publish {workload.title} through a Service"
            yield Violation(
                f"{called(path, container)} takes {numbers} of its node",
                at,
                key=f"{path}.hostPort",
                severity=eased(Severity.LOW, workload),
                change=Change(at, numbers, "", group),
            )


CHECK = Check(
    title="Container takes a port of the host",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    fix="Remove hostPort and publish the port through a Service.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.13",
        "nis2/e",
        "pci-dss/1.4",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports:
  - {containerPort: 8080, hostPort: 80}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports:
  - {containerPort: 8080}
"""),
    run=run,
)
