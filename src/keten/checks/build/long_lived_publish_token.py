"""Packages are published with a stored token.

A token in the repository's secrets publishes from anywhere, for as long as it lives, for
whoever gets it. The registries offer trusted publishing instead: the job proves by OIDC who it
is and gets a token for minutes. Worms such as Shai-Hulud (npm, September 2025) spread through
stolen publish tokens.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Job, Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Only for the public registries that offer trusted publishing."""
    for job, step in gh.steps(pipeline):
        if gh.named(step, "pypa/gh-action-pypi-publish"):
            held = step.inputs.get("repository-url", step.inputs.get("repository_url", ""))
            public = not held or "pypi.org" in gh.text_of(held)
            if public and "secrets." in gh.text_of(step.inputs.get("password")):
                yield Violation(
                    f"{gh.label(job, step)} publishes to PyPI with a stored token",
                    at=f"{step.at}.with.password",
                )
        elif step.run and "publish" in step.run and _npm(job, step):
            yield Violation(
                f"{gh.label(job, step)} publishes to npm with a stored token",
                at=f"{step.at}.env.NODE_AUTH_TOKEN",
            )


def _npm(job: Job, step: Step) -> bool:
    env = {**job.env, **step.env}
    token = gh.text_of(env.get("NODE_AUTH_TOKEN") or env.get("NPM_TOKEN"))
    if "secrets." not in token or "github_token" in token.lower():
        return False
    elsewhere = any(
        gh.named(one, "actions/setup-node")
        and "registry.npmjs.org"
        not in gh.text_of(one.inputs.get("registry-url", "registry.npmjs.org"))
        for one in job.steps
    )
    return not elsewhere and any(
        one.words[:2] == ("npm", "publish") and "--dry-run" not in one.words
        for one in commands(step.run)
    )


CHECK = Check(
    title="Packages are published with a stored token",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=(
        "Set up trusted publishing for the package, give the job id-token: write, and delete "
        "the token."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: release
permissions:
  contents: read
jobs:
  publish:
    runs-on: ubuntu-24.04
    steps:
      - uses: pypa/gh-action-pypi-publish@76f52bc884231f62b9a034ebfe128415bbaabdfc # v1.12.4
        with:
          password: ${{ secrets.PYPI_TOKEN }}
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: release
permissions: {}
jobs:
  publish:
    runs-on: ubuntu-24.04
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@76f52bc884231f62b9a034ebfe128415bbaabdfc # v1.12.4
""",
    ),
    run=run,
    applies=gh.workflow,
    refs=("https://docs.pypi.org/trusted-publishers/", "https://docs.npmjs.com/trusted-publishers"),
)
