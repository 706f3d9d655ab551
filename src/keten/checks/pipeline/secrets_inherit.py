"""Called workflow gets every secret.

`secrets: inherit` hands the called workflow all secrets of the repository, its organisation and
environment: those it needs and all others, now and later. If that workflow, or an action in it, is
taken over, all are lost at once.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report it; a workflow of the same repository could name them itself, so it is low."""
    for job in pipeline.jobs:
        if job.uses and job.secrets == "inherit":
            local = job.uses.startswith("./")
            yield Violation(
                f"{gh.label(job)} hands all secrets to {job.uses.partition('@')[0][:70]}",
                at=f"{job.at}.secrets",
                severity=Severity.LOW if local else None,
                change=Change(
                    f"{job.at}.secrets",
                    "inherit",
                    "<the secrets it needs, by name>",
                    f"Hand over secrets by name in {pipeline.id}",
                ),
            )


CHECK = Check(
    title="Called workflow gets every secret",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("List the secrets the called workflow needs under secrets:."),
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
    uses: acme/ci/.github/workflows/deploy.yml@24d32ffd492484c1d75e0c0b894501ddb9d30d62
    secrets: inherit
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
    uses: acme/ci/.github/workflows/deploy.yml@24d32ffd492484c1d75e0c0b894501ddb9d30d62
    secrets:
      token: ${{ secrets.DEPLOY_TOKEN }}
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#secrets-inherit",),
    applies=gh.workflow,
)
