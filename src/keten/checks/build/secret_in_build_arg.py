"""Secret is handed to an image build as an argument.

Build arguments are kept in the image's history (`docker history`) and in its provenance. Everyone
who may pull the image can read them, and no later layer removes them.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_BUILDERS = ("docker/build-push-action", "docker/bake-action", "redhat-actions/buildah-build",
             "mr-smithers-excellent/docker-build-push")  # fmt: skip
_PROGRAMS = frozenset({"docker", "podman", "buildah", "nerdctl", "/kaniko/executor", "executor"})
_PUBLIC = frozenset({"github_token"})


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at the inputs of build actions and at the commands that build."""
    for job, step in gh.steps(pipeline):
        if gh.named(step, *_BUILDERS):
            text = gh.text_of(step.inputs.get("build-args"))
            for name in _secrets(text):
                yield Violation(
                    f"{gh.label(job, step)} passes secrets.{name} as a build argument",
                    at=f"{step.at}.with.build-args",
                    key=f"{job.id}/{name}",
                )
        elif "--build-arg" in step.run:
            env = {**pipeline.env, **job.env, **step.env}
            for name in _in_commands(step.run, env):
                yield Violation(
                    f"{gh.label(job, step)} passes secrets.{name} as a build argument",
                    at=f"{step.at}.run",
                    key=f"{job.id}/{name}",
                )


def _secrets(text: str) -> list[str]:
    found = [path[1] for one in expressions(text) for path in one.flows
             if path[0] == "secrets" and len(path) > 1]  # fmt: skip
    return [name for name in dict.fromkeys(found) if name not in _PUBLIC]


def _in_commands(script: str, env: dict[str, object]) -> list[str]:
    found: list[str] = []
    for one in commands(script):
        if one.program not in _PROGRAMS:
            continue
        args = one.args
        for at, word in enumerate(args):
            value = word.partition("=")[2] if word.startswith("--build-arg=") else ""
            if word == "--build-arg":
                value = "".join(args[at + 1 : at + 2])
            if not value:
                continue
            name, equals, given = value.partition("=")
            variable = given.strip("${}") if equals else name
            held = env.get(variable) if given.startswith("$") or not equals else None
            found += _secrets(given) + _secrets(gh.text_of(held))
    return list(dict.fromkeys(found))


CHECK = Check(
    title="Secret is handed to an image build as an argument",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Hand the secret over as a build secret: secrets: in docker/build-push-action, or "
        "--secret with RUN --mount=type=secret."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "cis-docker/4.10",
        "nsa-cisa/secrets",
        "owasp-cicd/6",
        "nis2/i",
        "pci-dss/8.6",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - run: docker build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} .
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - run: docker build --secret id=npm,env=NPM_TOKEN .
        env:
          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/secrets/",),
    applies=gh.github,
)
