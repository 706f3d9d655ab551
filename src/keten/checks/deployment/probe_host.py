"""Probe or hook names a host to call.

Probes and life cycle hooks are carried out by the kubelet, from the node. A host in them makes
it call an address of the author's choice: a service of the node that trusts localhost, the
cloud's metadata address, a machine in the node's network. Leaving it out means the pod itself.
The Baseline standard refuses it since Kubernetes 1.34.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_ACTIONS = ("httpGet", "tcpSocket")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each probe and hook with a host."""
    for path, container in each(workload):
        hooks = container.lifecycle or {}
        for name, handler in (
            ("livenessProbe", container.liveness_probe),
            ("readinessProbe", container.readiness_probe),
            ("startupProbe", container.startup_probe),
            ("lifecycle.postStart", hooks.get("postStart")),
            ("lifecycle.preStop", hooks.get("preStop")),
        ):
            for action in _ACTIONS if isinstance(handler, dict) else ():
                call = handler.get(action) if isinstance(handler, dict) else None
                host = call.get("host") if isinstance(call, dict) else None
                if not host:
                    continue
                at = f"{path}.{name}.{action}.host"
                own = host in ("127.0.0.1", "localhost", "::1")
                target = f"itself ({host})" if own else host
                group = f"Leave hosts out of the probes of {workload.title}"
                yield Violation(
                    f"{name} of {called(path, container)} makes the node call {target}",
                    at,
                    severity=Severity.LOW if own else Severity.MEDIUM,
                    change=Change(at, f"host: {host}", "", group),
                )


def _applies(workload: Workload) -> bool:
    return not workload.pod.host_network


CHECK = Check(
    title="Probe or hook names a host to call",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    applies=_applies,
    fix="Remove host; the probe then asks the pod.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/pod-security",
        "nsa-cisa/cloud-metadata",
        "pss/baseline",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  readinessProbe:
    httpGet: {host: 169.254.169.254, path: /latest, port: 80}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  readinessProbe:
    httpGet: {path: /ready, port: 8080}
"""),
    run=run,
)
