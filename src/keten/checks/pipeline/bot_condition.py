"""Condition trusts whoever acted last.

`github.actor` is who caused the latest event, not who wrote the change. On a pull request from a
fork a stranger can make a bot act last (by having Dependabot rebase or recreate its branch), and
the condition `github.actor == 'dependabot[bot]'` then lets the stranger's code through.
"""

import re
from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_ACTOR = re.compile(
    r"github\.(?:triggering_)?actor(?:_id)?\s*==\s*'([^']*\[bot\]|49699333|29139614)'"
    r"|'([^']*\[bot\])'\s*==\s*github\.(?:triggering_)?actor"
)
_EVENTS = ("pull_request_target", "workflow_run", "issue_comment")


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Only where a stranger can cause the event and gains something by it."""
    if not any(event in pipeline.triggers for event in _EVENTS):
        return
    for job in pipeline.jobs:
        held = [(f"{job.at}.if", gh.label(job), job.condition)]
        held += [(f"{step.at}.if", gh.label(job, step), step.condition) for step in job.steps]
        for at, who, text in held:
            match = _ACTOR.search(text[:4000]) if "actor" in text else None
            if match and "user.login ==" not in text:
                bot = match[1] or match[2]
                yield Violation(
                    f"{who} runs if {bot} acted last, whoever wrote the change",
                    at=at,
                    change=Change(at, "github.actor", "github.event.pull_request.user.login"),
                )


CHECK = Check(
    title="Condition trusts whoever acted last",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Ask for the author, github.event.pull_request.user.login, and that the branch is of "
        "this repository."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/1", "owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: write
  pull-requests: write
jobs:
  merge:
    runs-on: ubuntu-24.04
    if: github.actor == 'dependabot[bot]'
    steps:
      - run: gh pr merge --auto "$URL"
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: write
  pull-requests: write
jobs:
  merge:
    runs-on: ubuntu-24.04
    if: github.event.pull_request.user.login == 'dependabot[bot]'
    steps:
      - run: gh pr merge --auto "$URL"
""",
    ),
    run=run,
    applies=gh.workflow,
    refs=("https://docs.zizmor.sh/audits/#bot-conditions",),
)
