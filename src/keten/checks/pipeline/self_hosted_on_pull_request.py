"""Pull requests run on a self-hosted runner.

A pull request's code runs on a machine of your own, inside your network. Unless the runner is
thrown away after each job, what it leaves behind runs in the next job, with that job's secrets. On
a public repository anyone can send such a pull request.

In 2023 two researchers reached the runners of PyTorch this way, after a first pull request that
mended a typing error had made them contributors; they told of it in January 2024.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Only the label self-hosted is sure: other names may be hosted or thrown away."""
    events = [
        event for event in ("pull_request", "pull_request_target") if event in pipeline.triggers
    ]
    if not events:
        return
    for job in pipeline.jobs:
        same = "head.repo.full_name == github.repository" in job.condition
        if "self-hosted" in job.runner and not same and "event_name == 'push'" not in job.condition:
            yield Violation(
                f"{gh.label(job)} runs {events[-1]} on a self-hosted runner",
                at=f"{job.at}.runs-on",
            )


CHECK = Check(
    title="Pull requests run on a self-hosted runner",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Run pull requests on hosted or ephemeral runners, and require approval for every "
        "outside contributor."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "owasp-cicd/7", "slsa/build-l3", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request
permissions:
  contents: read
jobs:
  test:
    runs-on: [self-hosted, linux]
    steps:
      - run: make test
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
      - run: make test
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#self-hosted-runner",),
    applies=gh.workflow,
)
