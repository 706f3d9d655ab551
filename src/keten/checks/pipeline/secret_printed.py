"""Secret gets past the masking of the log.

The runner masks a secret only as the whole text it knows. `fromJSON(secrets.X).key` takes a part,
which it does not know, and a script that prints a secret encoded or into the log gives it to
everyone who may read the run.
"""

from collections.abc import Iterable

from keten.checks._shell import commands
from keten.checks.pipeline import _github as gh
from keten.checks.pipeline._expressions import expressions
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline, Step
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_ENCODERS = frozenset({"base64", "xxd", "hexdump", "od", "rev"})


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Find parts of secrets, and secrets that are encoded and printed."""
    for job, step in gh.steps(pipeline):
        held = [(f"{step.at}.env.{k}", v) for k, v in step.env.items()]
        held += [(f"{step.at}.with.{k}", v) for k, v in step.inputs.items()]
        held += [(f"{step.at}.run", step.run)]
        for at, value in held:
            for one in expressions(gh.text_of(value)):
                secret = next((p for p in one.flows if p[0] == "secrets" and len(p) > 1), None)
                if secret and "fromjson" in one.calls:
                    name = ".".join(secret)
                    yield Violation(
                        f"{gh.label(job, step)} takes a part of {name}, which is not masked",
                        at=at,
                        key=f"{job.id}/{name}",
                    )
        if "secrets." in step.run or any("secrets." in gh.text_of(v) for v in step.env.values()):
            yield from _encoded(step, gh.label(job, step))


def _encoded(step: Step, who: str) -> Iterable[Violation]:
    secret = [k for k, v in step.env.items() if "secrets." in gh.text_of(v)]
    names = {f"${name}" for name in secret} | {f"${{{name}}}" for name in secret}
    for one in commands(step.run):
        shown = one.program in _ENCODERS and not one.writes and not one.parent
        decoding = any(word in ("-d", "-D", "--decode", "-r") for word in one.args)
        if shown and one.upstream and not decoding and one.upstream[0][:1] == ("echo",):
            text = " ".join(one.upstream[-1])
            if any(name in text for name in names) or "secrets." in text:
                following = [c for c in commands(step.run) if one.words in c.upstream]
                if not following:
                    yield Violation(f"{who} prints a secret encoded, which is not masked",
                                    at=f"{step.at}.run")  # fmt: skip


CHECK = Check(
    title="Secret gets past the masking of the log",
    subject=Pipeline,
    severity=Severity.MEDIUM,
    needs=("pipeline",),
    fix=("Store each value as a secret of its own, and never print one."),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("owasp-cicd/6", "nis2/i", "pci-dss/8.6", "hipaa/164.312(a)", "gdpr/32"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - run: ./deploy
        env:
          KEY: ${{ fromJSON(secrets.CLOUD).key }}
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
    runs-on: ubuntu-24.04
    steps:
      - run: ./deploy
        env:
          KEY: ${{ secrets.CLOUD_KEY }}
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#unredacted-secrets",),
    applies=gh.github,
)
