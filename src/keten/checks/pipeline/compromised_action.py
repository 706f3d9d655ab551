"""Action's version is known to be malicious or vulnerable.

The table holds versions that published advisories name. Where tags had been moved to malicious
code and were later put back, a job that ran in between has given its secrets away: rotate them.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._incidents import KNOWN
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Compare each action's commit, or the version in its tag or comment, with the table."""
    seen: set[str] = set()
    for job, step in gh.steps(pipeline):
        used = gh.action(step.uses)
        if used is None or step.uses in seen:
            continue
        seen.add(step.uses)
        for known in KNOWN.get(used.name, ()):
            version = step.comment.split(" ", 1)[0] if used.pinned else used.ref
            if used.ref in known.commits:
                severity = Severity.CRITICAL
            elif known.affects(version) and not (known.moved and used.pinned):
                severity = known.severity
            else:
                continue
            shown = f"{used.ref[:12]}" if used.pinned else used.ref
            yield Violation(
                f"{used.name}@{shown} in {gh.label(job, step)}: {known.id}, {known.what}",
                at=f"{step.at}.uses",
                key=f"{known.id}/{used.name}",
                severity=severity,
                change=Change(
                    f"{step.at}.uses",
                    f"@{shown}",
                    f"@<commit of {known.fixed} or later>"
                    if known.fixed != "0"
                    else "@<a commit of its owner>",
                    f"Replace actions of {pipeline.id} that advisories name",
                ),
            )


CHECK = Check(
    title="Action's version is known to be malicious or vulnerable",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        "Move to a version that the advisory calls safe, pinned by commit; if it was a "
        "compromise, rotate every secret the job could reach."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "owasp-cicd/3",
        "owasp-cicd/8",
        "slsa/dependencies",
        "nis2/d",
        "pci-dss/5.2",
        "pci-dss/6.3.1",
        "pci-dss/6.3.3",
        "hipaa/164.308(a)(5)",
    ),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  list:
    runs-on: ubuntu-24.04
    steps:
      - uses: tj-actions/changed-files@0e58ed8671d6b60d0890c21b07f8835ace038e67
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  list:
    runs-on: ubuntu-24.04
    steps:
      - uses: tj-actions/changed-files@24d32ffd492484c1d75e0c0b894501ddb9d30d62 # v47.0.0
""",
    ),
    run=run,
    applies=gh.github,
    refs=(
        "https://www.cve.org/CVERecord?id=CVE-2025-30066",
        "https://www.cve.org/CVERecord?id=CVE-2026-33634",
    ),
)
