"""Action's owner is one letter away from a well-known one.

Whoever registers `actoins` on GitHub runs code in every workflow that misspells `actions`. In 2024
Orca Security registered such names and found them called by other people's workflows within
months.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_KNOWN: dict[str, tuple[str, ...]] = {
    "actions": ("checkout", "setup-node", "setup-python", "setup-go", "setup-java", "cache",
                "upload-artifact", "download-artifact", "github-script", "labeler", "stale"),
    "docker": ("build-push-action", "login-action", "setup-buildx-action", "setup-qemu-action",
               "metadata-action"),
    "aws-actions": ("configure-aws-credentials", "amazon-ecr-login"),
    "google-github-actions": ("auth", "setup-gcloud", "get-gke-credentials"),
    "azure": ("login", "setup-helm", "setup-kubectl"),
    "hashicorp": ("setup-terraform", "vault-action"),
    "codecov": ("codecov-action",),
    "softprops": ("action-gh-release",),
    "goreleaser": ("goreleaser-action",),
    "golangci": ("golangci-lint-action",),
    "peaceiris": ("actions-gh-pages", "actions-hugo"),
    "peter-evans": ("create-pull-request",),
    "pypa": ("gh-action-pypi-publish", "cibuildwheel"),
    "astral-sh": ("setup-uv", "ruff-action"),
    "aquasecurity": ("trivy-action", "setup-trivy"),
    "sigstore": ("cosign-installer",),
    "github": ("codeql-action",),
}  # fmt: skip


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report a misspelt owner whose repository is one that the real owner is known for."""
    for job, step in gh.steps(pipeline):
        used = gh.action(step.uses)
        if used is None or used.owner in _KNOWN:
            continue
        for owner, repos in _KNOWN.items():
            if used.repo in repos and _near(used.owner, owner):
                yield Violation(
                    f"{used.name} in {gh.label(job, step)} is not {owner}/{used.repo}",
                    at=f"{step.at}.uses",
                    key=used.name,
                    change=Change(f"{step.at}.uses", used.owner, owner),
                )


def _near(a: str, b: str) -> bool:
    """Return whether one insertion, deletion, replacement or swap of neighbours makes a into b."""
    if a == b or abs(len(a) - len(b)) > 1 or len(b) < 4:  # noqa: PLR2004 too short to misspell
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    x, y = a[start:], b[start:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[:2][::-1] and x[2:] == y[2:])


CHECK = Check(
    title="Action's owner is one letter away from a well-known one",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix="Correct the owner's name, and rotate the secrets of jobs that ran the action.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "owasp-cicd/3",
        "owasp-cicd/8",
        "slsa/dependencies",
        "nis2/d",
        "pci-dss/5.2",
        "hipaa/164.308(a)(5)",
    ),
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
      - uses: actoins/checkout@v4
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
""",
    ),
    run=run,
    applies=gh.github,
    refs=("https://orca.security/resources/blog/typosquatting-in-github-actions/",),
)
