"""Pipeline's debug log is switched on for every run.

Debug logs print the environment and the values of each command. GitHub and GitLab mask only
what they know as a secret: a value made from one (encoded, cut, a session token) is in the log
for all who may read it. GitLab's `CI_DEBUG_TRACE` prints all variables of the job.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_NAMES = ("CI_DEBUG_TRACE", "CI_DEBUG_SERVICES", "ACTIONS_STEP_DEBUG", "ACTIONS_RUNNER_DEBUG")


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Look at the variables of the pipeline, its jobs and steps."""
    word = "variables" if gh.gitlab(pipeline) else "env"
    held = [(word, "the pipeline", pipeline.env)]
    held += [(f"{job.at}.{word}", gh.label(job), job.env) for job in pipeline.jobs]
    held += [(f"{s.at}.{word}", gh.label(j, s), s.env) for j, s in gh.steps(pipeline) if s.env]
    for at, who, env in held:
        for name in _NAMES:
            if gh.text_of(env.get(name)).lower() in ("true", "1"):
                yield Violation(
                    f"{who} sets {name}",
                    at=f"{at}.{name}",
                    severity=None if name == "CI_DEBUG_TRACE" else Severity.LOW,
                    change=Change(f"{at}.{name}", "true", "", f"Remove {name} from {pipeline.id}"),
                )


CHECK = Check(
    title="Pipeline's debug log is switched on for every run",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Remove the variable from the file; set it for one run by hand when it is needed."),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6", "hipaa/164.312(a)", "gdpr/32"),
    bad=Example(
        ".gitlab-ci.yml",
        """\
build:
  variables:
    CI_DEBUG_TRACE: "true"
  script:
    - make
""",
    ),
    good=Example(
        ".gitlab-ci.yml",
        """\
build:
  variables:
    LOG_LEVEL: info
  script:
    - make
""",
    ),
    run=run,
    refs=("https://docs.gitlab.com/ci/variables/",),
)
