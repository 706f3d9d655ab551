"""Script evaluates a text that a stranger chooses.

The title of a merge request, the name of a branch and the message of a commit reach the job as
variables. A quoted variable is safe; one that is evaluated (`eval`, `sh -c "..."`) is run as code.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_NAMES = (
    "CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_AUTHOR",
    "CI_MERGE_REQUEST_TITLE", "CI_MERGE_REQUEST_DESCRIPTION", "CI_COMMIT_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_TAG_MESSAGE",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "CI_MERGE_REQUEST_LABELS",
)  # fmt: skip
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash"})


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find the variables where text is parsed as code a second time."""
    for job, step in gh.steps(pipeline):
        if "$CI_" not in step.run and "${CI_" not in step.run:
            continue
        for one in commands(step.run):
            evaluates = one.program == "eval" or (one.program in _SHELLS and "-c" in one.args)
            if not evaluates:
                continue
            text = " ".join(one.args)
            for name in _NAMES:
                if _holds(text, name) and not _single(step.run, name):
                    yield Violation(
                        f"{gh.label(job, step)} evaluates ${name} with {one.program}",
                        at=step.at,
                        key=f"{job.id}/{name}",
                    )


def _holds(text: str, name: str) -> bool:
    for lead in (f"${name}", f"${{{name}}}"):
        at = text.find(lead)
        if at >= 0:
            following = text[at + len(lead) : at + len(lead) + 1]
            return lead.endswith("}") or not (following.isalnum() or following == "_")
    return False


def _single(script: str, name: str) -> bool:
    """Return whether the variable stands in single quotes: the inner shell then expands it."""
    at = script.find(name)
    line = script[script.rfind("\n", 0, at) + 1 : at]
    return line.count("'") % 2 == 1 and '"' not in line.rpartition("'")[0]


CHECK = Check(
    title="Script evaluates a text that a stranger chooses",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Use the variable as a quoted argument, never inside eval or the text of sh -c."),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".gitlab-ci.yml",
        """\
note:
  script:
    - eval "echo $CI_MERGE_REQUEST_TITLE"
""",
    ),
    good=Example(
        ".gitlab-ci.yml",
        """\
note:
  script:
    - echo "$CI_MERGE_REQUEST_TITLE"
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/78.html",),
    applies=gh.gitlab,
)
