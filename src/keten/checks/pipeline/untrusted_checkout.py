"""Privileged workflow checks out a stranger's code.

Under `pull_request_target`, `workflow_run` or `issue_comment` the job has the repository's token
and secrets. Once the head of a pull request lies in its working directory, any tool that reads
configuration from there (npm, make, pip, a linter) runs what the stranger wrote.

This is the "pwn request". In December 2024 it took the token of a maintainer of SpotBugs, which
by several steps led to tj-actions/changed-files in March 2025; in May 2026 it was how 42
TanStack packages came to be poisoned.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._checkout import untrusted
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find each checkout of a pull request's head, and what runs its code afterwards."""
    for found in untrusted(pipeline):
        ran = f", then runs {found.runs}" if found.runs else ""
        yield Violation(
            f"{gh.label(found.job, found.step)} checks out {found.what} under {found.event}{ran}",
            at=found.step.at,
            key=f"{found.job.id}/{found.event}",
            severity=found.severity,
            change=Change(
                f"on.{found.event}",
                found.event,
                "pull_request",
                f"Keep strangers' code out of the privileged jobs of {pipeline.id}",
            ),
        )


CHECK = Check(
    title="Privileged workflow checks out a stranger's code",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Split it: an unprivileged pull_request workflow builds and tests; a privileged one "
        "handles only its checked results."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "slsa/build-l3", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: npm ci && npm test
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - run: npm ci && npm test
""",
    ),
    run=run,
    applies=gh.workflow,
    refs=("https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",),
)
