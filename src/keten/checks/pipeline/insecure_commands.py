"""Workflow turns insecure commands back on.

`ACTIONS_ALLOW_UNSECURE_COMMANDS` brings back `set-env` and `add-path`, which GitHub removed in
2020 (CVE-2020-15228): anything that can print a line in the job's log can then set its
environment, and with it run code in the next step.
"""

from collections.abc import Iterable
from typing import Any

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_NAME = "ACTIONS_ALLOW_UNSECURE_COMMANDS"


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at the three levels of env."""
    for at, who, env in _levels(pipeline):
        if gh.text_of(env.get(_NAME)).lower() == "true":
            yield Violation(
                f"{who} sets {_NAME}",
                at=f"{at}env.{_NAME}",
                change=Change(f"{at}env.{_NAME}", "true", "", f"Remove {_NAME} from {pipeline.id}"),
            )


def _levels(pipeline: Pipeline) -> Iterable[tuple[str, str, dict[str, Any]]]:
    yield "", "the workflow", pipeline.env
    for job in pipeline.jobs:
        yield f"{job.at}.", gh.label(job), job.env
        for step in job.steps:
            yield f"{step.at}.", gh.label(job, step), step.env


CHECK = Check(
    title="Workflow turns insecure commands back on",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Remove ACTIONS_ALLOW_UNSECURE_COMMANDS, and write to GITHUB_ENV and GITHUB_PATH instead."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/7", "owasp-cicd/4", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    env:
      ACTIONS_ALLOW_UNSECURE_COMMANDS: true
    steps:
      - run: make
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: make
""",
    ),
    run=run,
    applies=gh.github,
    refs=(
        "https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/",
    ),
)
