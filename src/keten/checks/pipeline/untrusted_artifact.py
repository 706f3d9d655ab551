"""Privileged workflow runs what a pull request's workflow left behind.

A workflow_run that downloads the artifact of the run that caused it gets whatever the pull
request's code put there, under any file name. Unpacked into the working directory it overwrites
scripts that the privileged job then runs.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._checkout import runs_tree
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Job, Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_DOWNLOADS = ("actions/download-artifact", "dawidd6/action-download-artifact")


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find a download from the causing run into the working directory, and what runs there."""
    if "workflow_run" not in pipeline.triggers:
        return
    for job in pipeline.jobs:
        if not _strangers(job):
            continue
        for index, step in enumerate(job.steps):
            if _downloads(step):
                runs = runs_tree(job.steps[index + 1 :])
                if runs:
                    yield Violation(
                        f"{gh.label(job, step)} unpacks a stranger's artifact, then runs {runs}",
                        at=step.at,
                        key=job.id,
                    )
                break


def _strangers(job: Job) -> bool:
    return not any(
        mark in job.condition
        for mark in ("workflow_run.event == 'push'", "workflow_run.event != 'pull_request'",
                     "head_repository.full_name == github.repository",
                     "workflow_run.event == 'schedule'", "workflow_run.event == 'release'")
    )  # fmt: skip


def _downloads(step: Step) -> bool:
    if not gh.named(step, *_DOWNLOADS) or gh.text_of(step.inputs.get("path")).strip("./"):
        return False
    if gh.named(step, _DOWNLOADS[0]):
        return "workflow_run" in gh.text_of(step.inputs.get("run-id"))
    given = " ".join(gh.text_of(step.inputs.get(name)) for name in ("run_id", "workflow", "commit"))
    return "workflow_run" in given


CHECK = Check(
    title="Privileged workflow runs what a pull request's workflow left behind",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Download into a directory of its own under runner.temp, check what is in it, and "
        "never run or source it."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "owasp-cicd/9", "slsa/build-l3", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on:
  workflow_run:
    workflows: [ci]
    types: [completed]
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          run-id: ${{ github.event.workflow_run.id }}
          github-token: ${{ github.token }}
      - run: ./deploy.sh
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on:
  workflow_run:
    workflows: [ci]
    types: [completed]
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - uses: actions/download-artifact@fa0a91b85d4f404e444e00e005971372dc801d16 # v4.1.8
        with:
          run-id: ${{ github.event.workflow_run.id }}
          github-token: ${{ github.token }}
          path: ${{ runner.temp }}/report
      - run: ./deploy.sh
""",
    ),
    run=run,
    refs=("https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",),
    applies=gh.workflow,
)
