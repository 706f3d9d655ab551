"""Condition is always true.

`if:` with text around or after `${{ ... }}` is a piece of text, not an expression, and text that
is not empty is true. The step that was meant to run only for trusted people then runs for
everyone. A block scalar (`if: |`) adds such text: its line break.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find conditions that hold an expression and more."""
    for job in pipeline.jobs:
        held = [(f"{job.at}.if", gh.label(job), job.condition)]
        held += [(f"{step.at}.if", gh.label(job, step), step.condition) for step in job.steps]
        for at, who, text in held:
            if why := _fault(text):
                yield Violation(
                    f"the condition of {who} is always true: {why}",
                    at=at,
                    change=Change(at, "", "the expression, without ${{ }} or text around it"),
                )


def _fault(text: str) -> str:
    found = expressions(text)
    if not found:
        return ""
    end = text.rfind("}}") + 2
    if text[end:] and not text[end:].strip() and not text[: found[0].at].strip():
        return "a line break follows it" if len(found) == 1 else "text stands around it"
    whole = len(found) == 1 and not text[: found[0].at].strip() and not text[end:].strip()
    return "" if whole else "text stands around its ${{ }}"


CHECK = Check(
    title="Condition is always true",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Write the condition without ${{ }}, or with nothing outside it; use if: >- for "
        "several lines."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/1", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: workflow_dispatch
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    if: ${{ github.actor == 'alice' }} || ${{ github.actor == 'bob' }}
    steps:
      - run: ./deploy
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: workflow_dispatch
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    if: ${{ github.actor == 'alice' || github.actor == 'bob' }}
    steps:
      - run: ./deploy
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#unsound-condition",),
    applies=gh.github,
)
