"""Action is no longer maintained.

Its repository is archived: faults found in it are not mended, and one day the runtime it is
written for is gone, as GitHub's runners dropped Node 12 and Node 16.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_ARCHIVED = {
    "actions/create-release": "gh release create",
    "actions/upload-release-asset": "gh release upload",
    "actions/setup-ruby": "ruby/setup-ruby",
    "sonarsource/sonarcloud-github-action": "sonarsource/sonarqube-scan-action",
    "actions-rs/toolchain": "dtolnay/rust-toolchain",
    "actions-rs/cargo": "cargo itself",
    "actions-rs/clippy-check": "cargo clippy",
    "actions-rs/audit-check": "rustsec/audit-check",
    "actions-rs/tarpaulin": "cargo tarpaulin",
    "actions-rs/grcov": "grcov itself",
}


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Compare each action, once, with those known to be archived."""
    seen: set[str] = set()
    for job, step in gh.steps(pipeline):
        used = gh.action(step.uses)
        if used and used.name in _ARCHIVED and used.name not in seen:
            seen.add(used.name)
            yield Violation(
                f"{used.name} in {gh.label(job, step)} is archived",
                at=f"{step.at}.uses",
                key=used.name,
                change=Change(f"{step.at}.uses", used.name, _ARCHIVED[used.name]),
            )


CHECK = Check(
    title="Action is no longer maintained",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=("Use the successor, or the tool itself."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/8", "nis2/e", "pci-dss/6.3.3"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  release:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/create-release@v1
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
    runs-on: ubuntu-24.04
    steps:
      - run: gh release create "$GITHUB_REF_NAME"
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#archived-uses",),
    applies=gh.github,
)
