"""Probe asks a port that the container does not name.

A port given by name is looked up among the container's own ports. Where none has that name the
probe fails each time: the container is never ready, or is restarted for ever, which hides any
other reason for it to be.

A port given by number may be open without being declared, and is not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each probe whose port is a name that the container does not declare."""
    for path, container in serving(workload):
        probes = (container.liveness_probe, container.readiness_probe, container.startup_probe)
        for key, probe in zip(_PROBES, probes, strict=True):
            if not probe:
                continue
            for how in ("httpGet", "tcpSocket"):
                asked = probe.get(how)
                port = asked.get("port") if isinstance(asked, dict) else None
                if not isinstance(port, str) or port.isdecimal() or not port or "$" in port:
                    continue
                if any(one.get("name") == port for one in container.ports):
                    continue
                at = f"{path}.{key}.{how}.port"
                yield Violation(
                    f"{key} of {called(path, container)} asks port {port}, which it does not name",
                    at,
                    change=Change(at, port, "", f"Mend the probes of {workload.title}"),
                )


CHECK = Check(
    title="Probe asks a port that the container does not name",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Name the port under ports, or give the probe its number.",
    threats=(Threat.INSIDER,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{name: http, containerPort: 8080}]
  readinessProbe:
    httpGet: {path: /ready, port: metrics}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{name: http, containerPort: 8080}]
  readinessProbe:
    httpGet: {path: /ready, port: http}
"""),
    run=run,
)
