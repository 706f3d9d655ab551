"""Finished job is kept for ever.

Without ttlSecondsAfterFinished a finished job and its pods stay: with their logs and environment
to be read, the secrets that were put in, and an entry in etcd each. What is not used any more
is not looked at.

Jobs that a CronJob makes are kept by its own limits; hooks by the release tool.
"""

from collections.abc import Iterator

from keten.checks._beside import is_hook
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a job that says nothing of when it may go."""
    if workload.spec.get("ttlSecondsAfterFinished") is None and not is_hook(workload):
        at = "spec.ttlSecondsAfterFinished"
        yield Violation(
            f"{workload.title} stays after it has finished",
            at,
            change=Change(at, "", "86400", f"Let {workload.title} go", exact=True),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind == "Job" and not workload.owner


CHECK = Check(
    title="Finished job is kept for ever",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set ttlSecondsAfterFinished to how long its logs are wanted.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/g", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",),
    bad=manifest("""
apiVersion: batch/v1
kind: Job
metadata: {name: report, namespace: shop}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: report, image: "registry.example/report:1.4"}
"""),
    good=manifest("""
apiVersion: batch/v1
kind: Job
metadata: {name: report, namespace: shop}
spec:
  ttlSecondsAfterFinished: 86400
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: report, image: "registry.example/report:1.4"}
"""),
    run=run,
)
