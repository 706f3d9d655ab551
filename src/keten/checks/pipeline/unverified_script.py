"""Pipeline runs a script straight from the network.

`curl ... | sh` runs whatever the server, or anyone who took it over, sends at that moment. In
2021 the Bash uploader of Codecov stayed changed for two months: it sent the environment of the
pipelines that fetched it, secrets and all, to a stranger.
"""

from collections.abc import Iterable

from keten.checks._downloads import run_unverified
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Follow what scripts download to where it is run, unless a checksum stands in between."""
    seen: set[str] = set()
    for job, step in gh.steps(pipeline):
        if step.at in seen:  # a default for all jobs of GitLab
            continue
        seen.add(step.at)
        if not step.run or not gh.posix(pipeline, job, step):
            continue
        for found in run_unverified(step.run):
            yield Violation(
                f"{gh.label(job, step)}: {found.url[:60]} is {found.how}",
                at=f"{step.at}.run" if gh.github(pipeline) else step.at,
                key=f"{job.id}/{found.url}",
                severity=Severity.HIGH if found.plain else None,
            )


CHECK = Check(
    title="Pipeline runs a script straight from the network",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Pin the version, keep its checksum beside the pipeline and check it before running, "
        "or use a packaged release."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/9", "slsa/dependencies", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  cover:
    runs-on: ubuntu-24.04
    steps:
      - run: curl -s https://codecov.io/bash | bash
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  cover:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          curl -fsSLo uploader.sh https://example.org/v1.2.3/uploader.sh
          echo "$UPLOADER_SHA256  uploader.sh" | sha256sum --check
          bash uploader.sh
""",
    ),
    run=run,
    refs=("https://about.codecov.io/security-update/",),
)
