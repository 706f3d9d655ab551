"""Service takes requests before it can answer them.

Without a readiness probe a pod gets its share of the requests as soon as its process runs, also
while it waits for a database or warms up, and for as long as it hangs. An update then breaks
requests, and is put off.

Asked of a Deployment or StatefulSet with ports that has other probes; deployment/no-probes says
where there is none at all.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload with ports and probes of which none asks whether it is ready."""
    first, probed = "", False
    for path, container in serving(workload):
        if container.readiness_probe:
            return
        probed = probed or bool(container.liveness_probe or container.startup_probe)
        if container.ports and not first:
            first = path
    if first and probed:
        at = f"{first}.readinessProbe"
        yield Violation(
            f"{workload.title} is never asked whether it is ready",
            at,
            key="readiness",
            change=Change(at, "", "readinessProbe: ...", f"Add probes to {workload.title}"),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Deployment", "StatefulSet")


CHECK = Check(
    title="Service takes requests before it can answer them",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Add a readinessProbe that asks what the service needs to answer.",
    threats=(Threat.ACTOR,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
  livenessProbe:
    httpGet: {path: /alive, port: 8080}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
  livenessProbe:
    httpGet: {path: /alive, port: 8080}
  readinessProbe:
    httpGet: {path: /ready, port: 8080}
"""),
    run=run,
)
