"""Workflow is triggered by strangers with the repository's rights.

`pull_request_target` and `workflow_run` let a pull request from a fork start a workflow that
has the base repository's token and secrets. That is safe as long as nothing of the pull request
is run, built or pasted into a script, and one later edit can change it.

This names the trigger alone; a checkout of the stranger's code is a finding of its own.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Job, Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_EVENTS = ("pull_request_target", "workflow_run")
_WRITES = ("write", "write-all")


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report the trigger unless the workflow's rights are known to be none worth taking."""
    if not pipeline.jobs or all(_harmless(pipeline, job) for job in pipeline.jobs):
        return
    for event in _EVENTS:
        if event in pipeline.triggers:
            yield Violation(
                f"{event} runs {_count(pipeline)} with the repository's own token",
                at=f"on.{event}",
                key=event,
            )


def _harmless(pipeline: Pipeline, job: Job) -> bool:
    """Say whether a job's token can change nothing and it is handed no secret."""
    said = job.permissions if job.permissions is not None else pipeline.permissions
    if said is None or said == "write-all":
        return False
    if isinstance(said, dict) and any(value in _WRITES for value in said.values()):
        return False
    if job.secrets == "inherit" or job.secrets:
        return False
    texts = [*job.env.values(), *pipeline.env.values()]
    for step in job.steps:
        texts += [step.run, *step.env.values(), *step.inputs.values()]
    return not any("secrets." in text for text in texts if isinstance(text, str))


def _count(pipeline: Pipeline) -> str:
    number = len(pipeline.jobs)
    return f"job {pipeline.jobs[0].id[:40]}" if number == 1 else f"{number} jobs"


CHECK = Check(
    title="Workflow is triggered by strangers with the repository's rights",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=(
        "Use pull_request where no secret is needed; otherwise give the workflow permissions: "
        "{} and never check out or run the pull request."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
jobs:
  label:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/labeler@8558fd74291d67161a8a78ce36a881fa63b766a9 # v5
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: make test
""",
    ),
    run=run,
    applies=gh.workflow,
    refs=("https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",),
)
