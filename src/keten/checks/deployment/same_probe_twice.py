"""Liveness and readiness ask the same.

A container that is not ready for a moment, because a database is slow or it is flooded with
requests, is to get no new ones; where liveness asks the same and gives up as soon, it is killed
instead. Under load that restarts one pod after the other: whoever makes one endpoint slow
brings down the service.

Reported where what is asked is the same and the liveness probe does not wait longer.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_ASKS = ("httpGet", "tcpSocket", "exec", "grpc")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container whose liveness probe is its readiness probe."""
    for path, container in serving(workload):
        live, ready = container.liveness_probe, container.readiness_probe
        if live and ready and _asked(live) == _asked(ready) and _patience(live) <= _patience(ready):
            at = f"{path}.livenessProbe"
            yield Violation(
                f"{called(path, container)} is restarted by what only says that it is not ready",
                at,
                change=Change(at, "", "", f"Tell liveness and readiness of {workload.title} apart"),
            )


def _asked(probe: dict[str, Any]) -> list[Any]:
    return [probe.get(name) for name in _ASKS]


def _patience(probe: dict[str, Any]) -> int:
    """Return after how many seconds of failing it gives up."""
    every, times = probe.get("periodSeconds", 10), probe.get("failureThreshold", 3)
    return every * times if isinstance(every, int) and isinstance(times, int) else 0


CHECK = Check(
    title="Liveness and readiness ask the same",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Let liveness ask only whether the process hangs, or give it a larger failureThreshold.",
    threats=(Threat.ACTOR,),
    controls=("nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  livenessProbe:
    httpGet: {path: /health, port: 8080}
  readinessProbe:
    httpGet: {path: /health, port: 8080}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  livenessProbe:
    httpGet: {path: /alive, port: 8080}
  readinessProbe:
    httpGet: {path: /ready, port: 8080}
"""),
    run=run,
)
