"""Job is handed all secrets at once.

`toJSON(secrets)` and `secrets[...]` with a computed name make the runner load every secret of
the repository and organisation into the job. Any action in it can then read them from the
runner's memory, as the payload of the tj-actions compromise did in March 2025.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at every value that a step or job is given."""
    for job in pipeline.jobs:
        for at, text in _texts(job.at, {"env": job.env, "with": job.inputs}):
            yield from _judge(text, at, gh.label(job))
        for step in job.steps:
            for at, text in _of(step):
                yield from _judge(text, at, gh.label(job, step))


def _of(step: Step) -> Iterable[tuple[str, str]]:
    yield f"{step.at}.run", step.run
    yield from _texts(step.at, {"env": step.env, "with": step.inputs})


def _texts(at: str, held: dict[str, dict[str, object]]) -> Iterable[tuple[str, str]]:
    for word, values in held.items():
        for name, value in values.items():
            if isinstance(value, str):
                yield f"{at}.{word}.{name}", value


def _judge(text: str, at: str, who: str) -> Iterable[Violation]:
    if "secrets" not in text.lower():
        return
    for one in expressions(text):
        if ("secrets",) in one.uses:
            yield Violation(f"{who} gets all secrets as {one.text[:40]}", at=at)
        elif ("secrets", "*") in one.uses:
            yield Violation(
                f"{who} picks a secret by a computed name", at=at, severity=Severity.LOW
            )


CHECK = Check(
    title="Job is handed all secrets at once",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Name each secret that the step needs."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/5", "owasp-cicd/6", "nis2/i", "pci-dss/7.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - run: ./deploy
        env:
          ALL: ${{ toJSON(secrets) }}
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
    steps:
      - run: ./deploy
        env:
          TOKEN: ${{ secrets.DEPLOY_TOKEN }}
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#overprovisioned-secrets",),
    applies=gh.github,
)
