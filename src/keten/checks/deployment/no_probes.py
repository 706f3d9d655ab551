"""Container that serves has no probes.

Kubernetes sends traffic to a container as soon as its process runs and keeps it however dead it
is, unless a readiness or liveness probe says otherwise. A service that hangs, under attack or
not, then stays in rotation.

Asked of containers with ports in a Deployment or StatefulSet; any probe is enough.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_KINDS = ("Deployment", "StatefulSet")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container that has ports and no probe of any kind."""
    for path, container in serving(workload):
        probes = (container.liveness_probe, container.readiness_probe, container.startup_probe)
        if container.ports and not any(probes) and ".initContainers[" not in path:
            at = f"{path}.readinessProbe"
            yield Violation(
                f"{called(path, container)} serves and has no probe",
                at,
                change=Change(at, "", "readinessProbe: ...", f"Add probes to {workload.title}"),
            )


def _applies(workload: Workload) -> bool:
    return workload.kind in _KINDS


CHECK = Check(
    title="Container that serves has no probes",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add a readinessProbe that asks what the service needs to answer.",
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports:
  - {containerPort: 8080}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports:
  - {containerPort: 8080}
  readinessProbe:
    httpGet: {path: /ready, port: 8080}
"""),
    run=run,
)
