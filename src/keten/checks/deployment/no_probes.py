"""Service has no probes.

Kubernetes sends traffic to a container as soon as its process runs and for as long as it does,
unless a readiness or liveness probe says otherwise. A service that hangs, under attack or not,
then stays in rotation.

Asked of a Deployment or StatefulSet with ports; any probe on any container is enough.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_KINDS = ("Deployment", "StatefulSet")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload that has ports, and no probe on any container."""
    first = ""
    for path, container in serving(workload):
        if container.liveness_probe or container.readiness_probe or container.startup_probe:
            return
        if container.ports:
            first = first or path
    if first:
        at = f"{first}.readinessProbe"
        yield Violation(
            f"{workload.title} serves and has no probe",
            at,
            key="probes",
            change=Change(at, "", "readinessProbe: ...", f"Add probes to {workload.title}"),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind in _KINDS


CHECK = Check(
    title="Service has no probes",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add a readinessProbe that asks what the service needs to answer.",
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
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
