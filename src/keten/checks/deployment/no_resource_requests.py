"""Container requests no resources.

The scheduler places pods by what they request. A container that requests nothing lands on nodes
that are full, is the first to be evicted, and can be starved by its neighbours. A limit counts
as a request of the same size.

A LimitRange of the namespace may set a default; it is not seen from the object.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import serving, together
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the long-running containers that say neither request nor limit of something."""
    found, missing = [], set[str]()
    for path, container in serving(workload):
        said = {**container.resources.limits, **container.resources.requests}
        lacks = [name for name in ("cpu", "memory") if said.get(name) is None]
        if lacks:
            found.append((path, container))
            missing.update(lacks)
    if found:
        at = f"{found[0][0]}.resources.requests"
        group = f"Bound the resources of {workload.title}"
        names = sorted(missing)
        many = len(found) > 1
        yield Violation(
            f"{together(found)} {'request' if many else 'requests'} no "
            f"{(' or no ' if many else ' and no ').join(names)}",
            at,
            change=Change(at, "", ", ".join(names) + ": what it was measured to need", group),
        )


CHECK = Check(
    title="Container requests no resources",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.INFO,
    fix="Set resources.requests for cpu and memory to what the container was measured to need.",
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    requests: {cpu: 50m}
    limits: {memory: 128Mi}
"""),
    run=run,
)
