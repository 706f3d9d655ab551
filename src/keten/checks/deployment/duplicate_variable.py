"""Environment variable is set twice.

Of two variables with one name the last counts. The first, which a reviewer reads, says
something else: a security switch can be undone further down without its own line changing.
Tools that merge lists by name, as kubectl apply does, may drop either.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each variable that a container sets again to something else."""
    for path, container in each(workload):
        seen: dict[str, tuple[str, Any]] = {}
        for i, variable in enumerate(container.env):
            now = (variable.value, variable.value_from)
            if (
                variable.name in seen
                and seen[variable.name] != now
                and f"$({variable.name})" not in variable.value
            ):
                yield Violation(
                    f"{called(path, container)} sets {variable.name} twice; the last one counts",
                    f"{path}.env[{i}].name",
                    key=f"{path}.env {variable.name}",
                    change=Change(
                        f"{path}.env[{i}]",
                        variable.name,
                        "",
                        f"Set each variable of {workload.title} once",
                    ),
                )
            seen[variable.name] = now


CHECK = Check(
    title="Environment variable is set twice",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Delete all entries of the name but the one that is meant; today the last one counts.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/scanning", "nis2/e", "pci-dss/6.5"),
    refs=(
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  env:
  - {name: TLS_VERIFY, value: "true"}
  - {name: TLS_VERIFY, value: "false"}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  env:
  - {name: TLS_VERIFY, value: "true"}
"""),
    run=run,
)
