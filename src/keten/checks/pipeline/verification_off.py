"""Pipeline does not check whom it talks to.

With certificate or signature checks turned off, whoever is on the way between the runner and
the server hands the pipeline whatever they like, and reads what it sends: tokens, too.
"""

from collections.abc import Iterable
from typing import Any

from keten.checks._shell import commands
from keten.checks._unverified import switched_off, unverified
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at commands, and at variables that turn checks off."""
    yield from _variables(pipeline.env, "the pipeline", _at(pipeline, ""))
    for job in pipeline.jobs:
        yield from _variables(job.env, gh.label(job), _at(pipeline, f"{job.at}."))
        for step in job.steps:
            yield from _variables(step.env, gh.label(job, step), f"{step.at}.env")
            if step.run and gh.posix(pipeline, job, step):
                seen: set[str] = set()
                for one in commands(step.run):
                    said = unverified(one)
                    if said and said not in seen:
                        seen.add(said)
                        yield Violation(
                            f"{gh.label(job, step)} turns a check off: {said}",
                            at=f"{step.at}.run" if gh.github(pipeline) else step.at,
                            key=f"{job.id}/{said}",
                        )


def _at(pipeline: Pipeline, lead: str) -> str:
    return f"{lead}variables" if pipeline.system == "gitlab" else f"{lead}env"


def _variables(env: dict[str, Any], who: str, at: str) -> Iterable[Violation]:
    for name, value in env.items():
        if switched_off(name, gh.text_of(value)):
            yield Violation(f"{who} turns a check off: {name}={value}", at=f"{at}.{name}")


CHECK = Check(
    title="Pipeline does not check whom it talks to",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Remove the option; where an own authority signs, install its certificate instead."),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "owasp-cicd/3",
        "owasp-cicd/9",
        "slsa/dependencies",
        "nis2/d",
        "nis2/h",
        "pci-dss/6.2",
    ),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  fetch:
    runs-on: ubuntu-24.04
    steps:
      - run: curl -k https://downloads.example/tool.tar.gz -o tool.tar.gz
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  fetch:
    runs-on: ubuntu-24.04
    steps:
      - run: curl https://downloads.example/tool.tar.gz -o tool.tar.gz
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/295.html",),
)
