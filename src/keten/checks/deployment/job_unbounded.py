"""Job may run, and run again, without end.

A job without a deadline that hangs, or that somebody makes work for them, holds its resources and
its rights until it is found. A CronJob starts the next one all the same, unless concurrencyPolicy
says otherwise, until the cluster is full: a schedule is a way to persist that is seldom looked at.

Asked: activeDeadlineSeconds of the job or its pod; of a CronJob also startingDeadlineSeconds, and
concurrencyPolicy where it is Allow. Hooks of release tools have a time limit of their own.
"""

from collections.abc import Iterator

from keten.checks._beside import as_dict, is_hook
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the bounds that a job does not have, in one finding."""
    if is_hook(workload):
        return
    spec, below, missing, open_ended = workload.spec, "spec", [], False
    if workload.kind == "CronJob":
        if spec.get("startingDeadlineSeconds") is None:
            missing.append("startingDeadlineSeconds")
        open_ended = spec.get("concurrencyPolicy", "Allow") == "Allow"
        spec = as_dict(as_dict(spec.get("jobTemplate")).get("spec"))
        below = "spec.jobTemplate.spec"
    deadline = workload.pod.active_deadline_seconds
    if deadline is None and not spec.get("activeDeadlineSeconds"):
        missing.append("activeDeadlineSeconds")
    if missing:
        at = f"{below}.{missing[-1]}" if missing[-1] == "activeDeadlineSeconds" else "spec.schedule"
        also = " and may overlap itself" if open_ended else ""
        yield Violation(
            f"{workload.title} sets no {', no '.join(missing)}{also}",
            at,
            key="bounds",
            change=Change(at, "", f"{missing[-1]}: ...", f"Bound {workload.title}"),
        )


def _applies(workload: Workload) -> bool:
    return workload.kind in ("Job", "CronJob") and not workload.owner


CHECK = Check(
    title="Job may run, and run again, without end",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    applies=_applies,
    fix="Set activeDeadlineSeconds; of a CronJob also startingDeadlineSeconds, concurrencyPolicy.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/resource-limits", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=(
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
        "https://attack.mitre.org/techniques/T1053/007/",
    ),
    bad=manifest("""
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: report, image: "registry.example/report:1.4"}
"""),
    good=manifest("""
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 600
  jobTemplate:
    spec:
      activeDeadlineSeconds: 3600
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: report, image: "registry.example/report:1.4"}
"""),
    run=run,
)
