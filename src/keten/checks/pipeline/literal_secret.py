"""Variable with a secret's name holds its value as text.

Everyone who may read the repository reads the file of its pipeline, and history keeps it after
the value is taken out. The name says that it is a password, and the value is no reference to a
store.
"""

from collections.abc import Iterable
from typing import Any

from keten.checks._secret_names import holds_secret, strong
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at variables; passwords of databases that only live beside a test are left out."""
    word = "variables" if gh.gitlab(pipeline) else "env"
    yield from _judge(pipeline.env, word, "the pipeline", pipeline)
    for job in pipeline.jobs:
        yield from _judge(job.env, f"{job.at}.{word}", gh.label(job), pipeline)
        for step in job.steps:
            yield from _judge(step.env, f"{step.at}.{word}", gh.label(job, step), pipeline)


def _judge(env: dict[str, Any], at: str, who: str, pipeline: Pipeline) -> Iterable[Violation]:
    for name, value in env.items():
        if isinstance(value, str) and holds_secret(name, value):
            yield Violation(
                f"{who} holds the value of {name}",
                at=f"{at}.{name}",
                key=f"{who}/{name}",
                severity=None if strong(value) else Severity.LOW,
                change=Change(
                    f"{at}.{name}", "<a value>", "<a reference to the secret store>",
                    f"Move the secrets of {pipeline.id} into the store",
                ),
            )  # fmt: skip


CHECK = Check(
    title="Variable with a secret's name holds its value as text",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Move the value into the CI system's secret store, refer to it there, and change it: "
        "it has been read."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6", "hipaa/164.312(a)", "gdpr/32"),
    bad=Example(
        ".gitlab-ci.yml",
        """\
variables:
  DEPLOY_PASSWORD: tr0ub4dor-and-3
deploy:
  script: ./deploy
""",
    ),
    good=Example(
        ".gitlab-ci.yml",
        """\
variables:
  DEPLOY_USER: ci
deploy:
  script: ./deploy "$DEPLOY_PASSWORD"
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/798.html",),
)
