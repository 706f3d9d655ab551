"""Checkout leaves the token where an upload takes it along.

Up to version 5 `actions/checkout` writes the job's token into `.git/config` unless told not to;
version 6 keeps it outside the working directory. A later step that uploads the whole directory
as an artifact publishes the token with it: anyone who may read the run can take it while the
job still runs.

Palo Alto's Unit 42 found tokens leaked this way in artifacts of large projects ("ArtiPACKED",
2024).
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_WHOLE = frozenset({".", "./", "${{ github.workspace }}", "${{github.workspace}}", "*", "**",
                    "./*", "./**", "**/*", ".git", ".git/"})  # fmt: skip
_APART = 6
"""From checkout 6 on, the token lies outside the working directory."""
_NO_HIDDEN = (4, 4)
"""From upload-artifact 4.4 on, hidden files (.git) stay out unless asked for."""


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find a checkout that keeps its token and a later upload of the folder it lies in."""
    for job in pipeline.jobs:
        kept = None
        for step in job.steps:
            if gh.named(step, "actions/checkout"):
                value = gh.text_of(step.inputs.get("persist-credentials")).lower()
                apart = value == "false" or step.inputs.get("path") or _version(step)[0] >= _APART
                kept = None if apart else step
            elif gh.named(step, "actions/upload-artifact") and kept is not None:
                paths = gh.text_of(step.inputs.get("path")).split("\n")
                if any(path.strip() in _WHOLE for path in paths) and _takes_hidden(step):
                    at = f"{kept.at}.with.persist-credentials"
                    yield Violation(
                        f"{gh.label(job, step)} uploads the checkout, in which the token lies",
                        at=at,
                        key=job.id,
                        change=Change(
                            at,
                            "",
                            "persist-credentials: false",
                            f"Keep the token out of the checkouts of {pipeline.id}",
                        ),
                    )
                    break


def _takes_hidden(step: Step) -> bool:
    """Return whether the upload takes ``.git`` along; a commit's version stands in the comment."""
    if gh.text_of(step.inputs.get("include-hidden-files")).lower() == "true":
        return True
    return (0, 0) < _version(step) < _NO_HIDDEN


def _version(step: Step) -> tuple[int, int]:
    """Return an action's version from its tag or comment; a missing minor number is the last."""
    used = gh.action(step.uses)
    text = (step.comment if used and used.pinned else used.ref if used else "").lstrip("v ")
    parts = [*text.split(" ", 1)[0].split("."), ""][:2]
    if not parts[0].isdecimal():
        return (0, 0)
    return int(parts[0][:4]), int(parts[1][:4]) if parts[1].isdecimal() else 9999


CHECK = Check(
    title="Checkout leaves the token where an upload takes it along",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Set persist-credentials: false on the checkout, and upload only the files that are meant."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/upload-artifact@v3
        with:
          name: all
          path: .
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
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: dist
          path: dist/
""",
    ),
    run=run,
    refs=(
        "https://docs.zizmor.sh/audits/#artipacked",
        "https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/",
    ),
    applies=gh.workflow,
)
