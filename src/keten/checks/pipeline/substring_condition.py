"""Condition looks for a name within a text.

`contains('refs/heads/main refs/heads/dev', github.ref)` asks for a part of a text, not for a
member of a list: a branch called `ma` passes. Whoever chooses the value chooses one that
passes.
"""

import re
from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_CALL = re.compile(r"contains\(\s*'([^']*)'\s*,\s*([A-Za-z_.]+)\s*\)")
_CHOSEN = frozenset({"github.head_ref", "github.actor", "github.ref", "github.ref_name",
                     "github.base_ref", "github.event.pull_request.user.login",
                     "github.triggering_actor", "github.event.sender.login"})  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find contains() over literal text for a value that a user chooses."""
    for job in pipeline.jobs:
        held = [(f"{job.at}.if", gh.label(job), job.condition)]
        held += [(f"{step.at}.if", gh.label(job, step), step.condition) for step in job.steps]
        for at, who, text in held:
            if "contains" not in text:
                continue
            for match in _CALL.finditer(text[:4000]):
                if match[2].lower() in _CHOSEN:
                    yield Violation(
                        f"{who} looks for {match[2]} within a text, where a part of it passes",
                        at=at,
                        key=match[2],
                    )


CHECK = Check(
    title="Condition looks for a name within a text",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=(
        'Compare with ==, or look in a list: contains(fromJSON(\'["main", "dev"]\'), '
        "github.ref_name)."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/1", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    if: contains('refs/heads/main refs/heads/dev', github.head_ref)
    steps:
      - run: ./deploy
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    if: contains(fromJSON('["main", "dev"]'), github.ref_name)
    steps:
      - run: ./deploy
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#unsound-contains",),
    applies=gh.github,
)
