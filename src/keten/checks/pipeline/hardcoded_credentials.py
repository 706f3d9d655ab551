"""Pipeline holds a registry password as text.

A password written in the definition of a pipeline is known to everyone who may read the
repository, now or at any later time, as history keeps it. With it an intruder pulls private
images, or pushes their own under trusted names.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_LOGINS = ("docker/login-action", "azure/docker-login", "redhat-actions/podman-login")


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at the credentials of containers and services, and at what log-in actions get."""
    for job in pipeline.jobs:
        for held in job.credentials:
            if pipeline.system == "github" and _literal(held.get("password")):
                at = f"{held['at']}.password"
                yield Violation(
                    f"{gh.label(job)} holds the password of a container's registry",
                    at=at,
                    change=Change(at, "<a password>", "${{ secrets.<name> }}"),
                )
        for step in job.steps:
            if gh.named(step, *_LOGINS) and _literal(step.inputs.get("password")):
                at = f"{step.at}.with.password"
                yield Violation(
                    f"{gh.label(job, step)} holds the password it logs in with",
                    at=at,
                    change=Change(at, "<a password>", "${{ secrets.<name> }}"),
                )


def _literal(value: object) -> bool:
    return isinstance(value, str | int) and bool(value) and "${{" not in str(value)


CHECK = Check(
    title="Pipeline holds a registry password as text",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Store the password as a secret of the CI system, take it from there, and change the "
        "one that stood in the file."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6", "hipaa/164.312(a)", "gdpr/32"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    container:
      image: registry.example/ci:1
      credentials:
        username: ci
        password: correct horse battery
    steps:
      - run: make test
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    container:
      image: registry.example/ci:1
      credentials:
        username: ci
        password: ${{ secrets.REGISTRY_PASSWORD }}
    steps:
      - run: make test
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#hardcoded-container-credentials",),
    applies=gh.github,
)
