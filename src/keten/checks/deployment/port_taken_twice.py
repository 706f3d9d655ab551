"""Two containers of a pod declare the same port.

The containers of a pod share one network: the second that listens on a port fails to, or, where
it may, takes requests meant for the other, as in a sidecar that is put in front. A reviewer who
reads one container does not see it. The API server warns of it and lets it pass.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each port that a container declares although another of the pod does."""
    seen: dict[tuple[int, str], str] = {}
    for path, container in serving(workload):
        for i, port in enumerate(container.ports):
            number = port.get("containerPort")
            if not isinstance(number, int):
                continue
            key = (number, str(port.get("protocol") or "TCP"))
            before = seen.setdefault(key, container.name)
            if before != container.name:
                at = f"{path}.ports[{i}].containerPort"
                yield Violation(
                    f"{called(path, container)} declares port {key[0]}/{key[1]}, as {before} does",
                    at,
                    change=Change(at, str(key[0]), "", f"Give each port of {workload.title} once"),
                )


CHECK = Check(
    title="Two containers of a pod declare the same port",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Give each container of the pod ports of its own.",
    threats=(Threat.INSIDER,),
    controls=("nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
- name: proxy
  image: registry.example/proxy:2.0
  ports: [{containerPort: 8080}]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
- name: proxy
  image: registry.example/proxy:2.0
  ports: [{containerPort: 8443}]
"""),
    run=run,
)
