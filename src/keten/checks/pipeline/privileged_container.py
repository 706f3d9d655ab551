"""Pipeline's container runs privileged.

With `--privileged`, or the daemon's socket mounted, whoever runs code in the job's container
owns the runner: the next job's secrets, the cached credentials, the network it is in.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_BAD = ("--privileged", "--pid=host", "--pid host", "--cap-add=ALL", "--cap-add ALL",
        "--cap-add=SYS_ADMIN", "--cap-add SYS_ADMIN", "/var/run/docker.sock")  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at the options of containers and services; on a hosted machine it is low."""
    for job in pipeline.jobs:
        for name, text in sorted(job.extra.items()):
            if not name.endswith(".options") or not isinstance(text, str):
                continue
            option = next((one for one in _BAD if one in text), "")
            if option:
                yield Violation(
                    f"the {name.removesuffix('.options').replace('.', ' ')} of {gh.label(job)} "
                    f"runs with {option}",
                    at=f"{job.at}.{name}",
                    severity=None if "self-hosted" in job.runner else Severity.LOW,
                )


CHECK = Check(
    title="Pipeline's container runs privileged",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Drop the option; build images with a rootless builder (BuildKit, Buildah) instead of "
        "a privileged container."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/7", "slsa/build-l3", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  build:
    runs-on: [self-hosted]
    container:
      image: builder:1
      options: --privileged
    steps:
      - run: make image
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
    runs-on: [self-hosted]
    container:
      image: builder:1
      options: --user 1001
    steps:
      - run: make image
""",
    ),
    run=run,
    refs=("https://docs.gitlab.com/ci/docker/using_docker_build/",),
    applies=gh.workflow,
)
