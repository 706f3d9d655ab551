"""Job talks to a Docker daemon without TLS.

`DOCKER_HOST: tcp://docker:2375` with TLS turned off makes everything that reaches the daemon's
port root in the daemon's container, which is mostly a privileged one. On runners that share a
network, other jobs reach it too.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find the plain port where a daemon runs beside the job."""
    for job in pipeline.jobs:
        env = {**pipeline.env, **job.env}
        host = gh.text_of(env.get("DOCKER_HOST"))
        beside = any("dind" in service for service in job.services)
        if beside and host.startswith("tcp://") and host.rstrip("/").endswith(":2375"):
            where = f"{job.at}.variables" if "DOCKER_HOST" in job.env else "variables"
            yield Violation(
                f"{gh.label(job)} talks to {host[:60]} without TLS",
                at=f"{where}.DOCKER_HOST",
                key=job.id,
            )


CHECK = Check(
    title="Job talks to a Docker daemon without TLS",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=(
        "Leave DOCKER_TLS_CERTDIR at its default and use tcp://docker:2376, or build with a "
        "rootless builder."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/7", "slsa/build-l3", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        ".gitlab-ci.yml",
        """\
build:
  image: docker:27
  services:
    - docker:27-dind
  variables:
    DOCKER_HOST: tcp://docker:2375
    DOCKER_TLS_CERTDIR: ""
  script:
    - docker build .
""",
    ),
    good=Example(
        ".gitlab-ci.yml",
        """\
build:
  image: docker:27
  services:
    - docker:27-dind
  variables:
    DOCKER_TLS_CERTDIR: /certs
  script:
    - docker build .
""",
    ),
    run=run,
    refs=("https://docs.gitlab.com/ci/docker/using_docker_build/",),
    applies=gh.gitlab,
)
