"""Untrusted text is written to the job's environment file.

What is written to `$GITHUB_ENV` or `$GITHUB_PATH` becomes the environment of all later steps. A
stranger's text with a line break in it sets any variable it likes (`LD_PRELOAD`, `BASH_ENV`;
GitHub's runner refuses only `NODE_OPTIONS`), and so runs code in the next step.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.checks.pipeline._taint import Source
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_FILES = frozenset({"$GITHUB_ENV", "${GITHUB_ENV}", "$GITHUB_PATH", "${GITHUB_PATH}"})
_LINES = frozenset({"body", "message", "email", "name", "description", "event", "pull_request",
                    "issue", "comment", "all_changed_files"})  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find a write to the file of a variable, or an expression, that a stranger fills."""
    source = Source(pipeline)
    for job, step in gh.steps(pipeline):
        if "GITHUB_ENV" not in step.run and "GITHUB_PATH" not in step.run:
            continue
        held = {**pipeline.env, **job.env, **step.env}
        tainted = {
            name: severity
            for name, value in held.items()
            if (severity := source.worst(expressions(gh.text_of(value)), job, step)) is not None
            and severity >= Severity.MEDIUM
        }
        for one in commands(step.run):
            written = next((name for name in one.writes if name in _FILES), "")
            if not written:
                continue
            text = " ".join(one.words)
            name = next((n for n in tainted if f"${n}" in text or f"${{{n}}}" in text), "")
            if name:
                yield Violation(
                    f"{gh.label(job, step)} writes the untrusted {name} to {written}",
                    at=f"{step.at}.run",
                    key=f"{job.id}/{step.id or step.name}/{name}",
                    severity=tainted[name],
                )


CHECK = Check(
    title="Untrusted text is written to the job's environment file",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Write untrusted text to GITHUB_OUTPUT instead, with a random delimiter, or check it "
        "against a strict pattern first."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: read
jobs:
  name:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "TITLE=$TITLE" >> "$GITHUB_ENV"
        env:
          TITLE: ${{ github.event.pull_request.title }}
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: pull_request_target
permissions:
  contents: read
jobs:
  name:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "number=$NUMBER" >> "$GITHUB_ENV"
        env:
          NUMBER: ${{ github.event.pull_request.number }}
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#github-env",),
    applies=gh.github,
)
