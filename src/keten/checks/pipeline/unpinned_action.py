"""Action is not pinned to a commit.

A tag or branch of an action names whatever its owner, or whoever took the owner's token, last put
there. The job then runs that code with its token and secrets.

In March 2025 the tags of tj-actions/changed-files, which more than 23,000 repositories used,
were moved to code that printed the job's secrets into its log (CVE-2025-30066). In March 2026
the same was done to 76 of the 77 tags of aquasecurity/trivy-action (CVE-2026-33634). Those who
had pinned a commit from before were not touched.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_OWN = frozenset({"actions", "github"})
_BRANCHES = frozenset({"main", "master", "develop", "dev", "trunk", "head", "latest", "edge"})


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report each action once per ref: GitHub's own low, a branch no worse than it is."""
    seen: set[str] = set()
    for job, step in gh.steps(pipeline):
        used = gh.action(step.uses)
        if used is None or used.pinned or step.uses in seen or "$" in used.ref:
            continue
        seen.add(step.uses)
        written = step.uses.partition("@")[0][:60]
        if used.ref:
            kind = "the branch" if used.ref.lower() in _BRANCHES else "the tag"
            what = f"follows {kind} {used.ref}"
        else:
            what = "names no version"
        yield Violation(
            f"{used.name} in {gh.label(job, step)} {what}",
            at=f"{step.at}.uses",
            key=step.uses,
            severity=Severity.LOW if used.owner in _OWN else None,
            change=Change(
                f"{step.at}.uses",
                step.uses[:80],
                f"{written}@<commit of {used.ref or 'a release'}> # {used.ref or 'its tag'}",
                f"Pin the actions of {pipeline.id} to commits",
            ),
        )


CHECK = Check(
    title="Action is not pinned to a commit",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=(
        "Pin the action to the full commit hash, with the tag in a comment so that update "
        "bots keep it current."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/8", "slsa/dependencies", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - uses: tj-actions/changed-files@v46
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - uses: tj-actions/changed-files@24d32ffd492484c1d75e0c0b894501ddb9d30d62 # v47
""",
    ),
    run=run,
    applies=gh.github,
    refs=("https://www.cve.org/CVERecord?id=CVE-2025-30066",),
)
