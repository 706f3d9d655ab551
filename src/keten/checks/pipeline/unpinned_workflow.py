"""Reusable workflow is not pinned to a commit.

A called workflow runs whole jobs with the rights and secrets it is handed. Behind a tag or a
branch stands whatever was last pushed there, by its owner or by whoever took the owner's token.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

# The one workflow that must be called by tag: its provenance names the tag it was called by.
_BY_TAG = "slsa-framework/slsa-github-generator"


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report calls that leave the repository and name no commit."""
    for job in pipeline.jobs:
        used = gh.action(job.uses) if job.uses else None
        if used is None or used.pinned or (used.name == _BY_TAG and used.ref.startswith("v")):
            continue
        yield Violation(
            f"{gh.label(job)} calls {used.name} at {used.ref or 'no version'}",
            at=f"{job.at}.uses",
            key=job.uses,
            change=Change(
                f"{job.at}.uses",
                job.uses[:90],
                f"{job.uses.partition('@')[0][:70]}@<commit of {used.ref}> # {used.ref}",
                f"Pin the actions of {pipeline.id} to commits",
            ),
        )


CHECK = Check(
    title="Reusable workflow is not pinned to a commit",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Pin the called workflow to a full commit hash, with the tag in a comment."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/8", "slsa/dependencies", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  release:
    uses: acme/ci/.github/workflows/release.yml@v1
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  release:
    uses: acme/ci/.github/workflows/release.yml@24d32ffd492484c1d75e0c0b894501ddb9d30d62 # v1
""",
    ),
    run=run,
    refs=("https://docs.github.com/en/actions/reference/security/secure-use",),
    applies=gh.workflow,
)
