"""Container has no memory limit.

Without a limit one container can take the memory of its node: through a leak, or through
requests made for it. The kernel then kills processes by its own measure, also those of other
tenants. An attacker needs nothing but a slow endpoint.

One finding names all containers of the workload. A LimitRange of the namespace may set a
default; it is not seen from the object.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import serving, together
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the long-running containers without limits.memory."""
    found = [
        (path, container)
        for path, container in serving(workload)
        if container.resources.limits.get("memory") is None
    ]
    if found:
        at = f"{found[0][0]}.resources.limits.memory"
        group = f"Bound the resources of {workload.title}"
        yield Violation(
            f"{together(found)} {'have' if len(found) > 1 else 'has'} no memory limit",
            at,
            change=Change(at, "", "memory: what it was measured to need", group),
        )


CHECK = Check(
    title="Container has no memory limit",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    fix="Set resources.limits.memory to what the container was measured to need, with headroom.",
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    requests: {memory: 64Mi}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    limits: {memory: 128Mi}
"""),
    run=run,
)
