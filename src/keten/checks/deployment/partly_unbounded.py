"""Container's use of CPU or disk has no bound.

Memory is not all that a container can take from its neighbours: a miner takes every core that
is idle, and logs or uploads that fill the node's disk get other pods evicted. The guide of
NSA/CISA asks for bounds on all of it.

For information, and only where a container says nothing of CPU at all: a limit also slows it while
cores are idle, and where there is a request CPU is shared by that, so that many leave the limit out
on purpose. One finding for a workload, and none for disk alone. A LimitRange of the namespace may
set a default; it is not seen from the object.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the first long-running container without a bound, and how many others there are."""
    first, name, more, disk = "", "", 0, False
    for path, container in serving(workload):
        limits = container.resources.limits
        if "cpu" in limits or "cpu" in container.resources.requests:
            continue
        if first:
            more += 1
        else:
            first, name = path, called(path, container)
        disk = disk or "ephemeral-storage" not in limits
    if first:
        others = f" (and {more} more)" if more else ""
        at = f"{first}.resources.limits"
        yield Violation(
            f"{name}{others} has no limit of CPU{' or disk' if disk else ''}",
            at,
            key="limits",
            change=Change(
                at,
                "",
                "cpu: ..., ephemeral-storage: ...",
                f"Bound the resources of {workload.title}",
            ),
        )


CHECK = Check(
    title="Container's use of CPU or disk has no bound",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Set limits for ephemeral-storage, and for cpu where tenants share nodes; or a LimitRange.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    limits: {memory: 128Mi}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    limits: {memory: 128Mi, cpu: 500m, ephemeral-storage: 1Gi}
"""),
    run=run,
)
