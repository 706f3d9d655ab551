"""Workflow's token may do more than it is said to need.

The job's GITHUB_TOKEN is within reach of every action and script in it. With `write-all`, or
with the repository's default where the workflow says nothing, one bad dependency can push code,
change releases and packages, and start other workflows.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_GROUP = "Give the jobs of {} only the permissions they use"
_TAKEN = frozenset({"contents", "packages", "actions", "id-token", "deployments", "pages",
                    "security-events", "attestations"})  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """write-all is bad wherever it stands; silence is judged once for the workflow."""
    group = _GROUP.format(pipeline.id)
    held = [("permissions", "the workflow", pipeline.permissions)]
    held += [(f"{job.at}.permissions", gh.label(job), job.permissions) for job in pipeline.jobs]
    for at, who, said in held:
        if said == "write-all":
            yield Violation(
                f"{who} asks for write-all",
                at=at,
                severity=Severity.HIGH,
                change=Change(at, "write-all", "contents: read", group),
            )
    said = pipeline.permissions
    if isinstance(said, dict) and len(pipeline.jobs) > 1:
        for name in sorted(said):
            users = [job for job in pipeline.jobs if job.permissions is None]
            if said[name] == "write" and name in _TAKEN and len(users) > 1:
                yield Violation(
                    f"all {len(users)} jobs that say nothing get {name}: write",
                    at=f"permissions.{name}",
                    change=Change(f"permissions.{name}", f"{name}: write", "", group),
                )
    if said is None and _silent(pipeline):
        yield Violation(
            "neither the workflow nor every job says what its token may do",
            at="permissions",
            change=Change("permissions", "", "permissions: {}", group),
        )


def _silent(pipeline: Pipeline) -> bool:
    """Return whether a job of its own gets the default; a caller decides for called ones."""
    return set(pipeline.triggers) != {"workflow_call"} and any(
        job.permissions is None for job in pipeline.jobs
    )


CHECK = Check(
    title="Workflow's token may do more than it is said to need",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=(
        "Put permissions: {} (or contents: read) at the top of the workflow, and give each "
        "job only what it uses."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=("owasp-cicd/5", "nis2/i", "pci-dss/7.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions: write-all
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: make test
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - run: make test
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#excessive-permissions",),
    applies=gh.workflow,
)
