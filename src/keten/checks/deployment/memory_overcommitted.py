"""Container may use far more memory than it requests.

The scheduler counts requests; the limit is what may really be used. Where the limit is many
times the request, a node is promised several times over: under load, or an attack that makes
many containers grow at once, the kernel kills processes by its own measure.

Reported from eight times on; what a LimitRange sets is not seen from the object.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_TIMES = 8
_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20,
    "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each long-running container whose limit is many times its request."""
    for path, container in serving(workload):
        said = container.resources.requests.get("memory")
        most = container.resources.limits.get("memory")
        if said is None or most is None or said == most:
            continue
        asked, limit = _bytes(said), _bytes(most)
        if asked and limit and limit >= _TIMES * asked:
            at = f"{path}.resources.requests.memory"
            yield Violation(
                f"{called(path, container)} requests {said} of memory and may use {most}",
                at,
                change=Change(at, str(said), "", f"Bound the resources of {workload.title}"),
            )


@lru_cache(1024)
def _bytes(quantity: Any) -> float:
    """Return a quantity of memory in bytes; 0 for one that is not understood."""
    text = str(quantity)
    number = text.rstrip("kMGTi")
    digits = number.replace(".", "", 1)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18:  # noqa: PLR2004 2**63
        return 0
    return float(number) * _UNITS.get(text[len(number) :], 0)


CHECK = Check(
    title="Container may use far more memory than it requests",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Raise requests.memory to what the container was measured to use, near its limit.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    requests: {memory: 64Mi}
    limits: {memory: 2Gi}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  resources:
    requests: {memory: 64Mi}
    limits: {memory: 128Mi}
"""),
    run=run,
)
