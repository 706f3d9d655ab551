"""Image is built with provenance turned off.

BuildKit records from what source, with which arguments and by which builder an image was made.
With `provenance: false` nobody can later tell an image of this pipeline from one that was
pushed by hand with a stolen password.
"""

from collections.abc import Iterable

from keten.checks.pipeline import _github as gh
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Only where the image is pushed, and nothing else in the job attests to it."""
    for job in pipeline.jobs:
        attests = any("attest" in step.uses or "cosign" in step.run for step in job.steps)
        for step in job.steps:
            if attests or not gh.named(step, "docker/build-push-action"):
                continue
            pushed = gh.text_of(step.inputs.get("push")).lower()
            value = gh.text_of(step.inputs.get("provenance")).lower()
            if value == "false" and pushed not in ("", "false"):
                at = f"{step.at}.with.provenance"
                yield Violation(
                    f"{gh.label(job, step)} pushes an image without provenance",
                    at=at,
                    change=Change(at, "provenance: false", "provenance: mode=max"),
                )


CHECK = Check(
    title="Image is built with provenance turned off",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=("Remove provenance: false (or set mode=max), and sign what is pushed."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/build-l1", "owasp-cicd/9", "nsa-cisa/trusted-images", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - uses: docker/build-push-action@263435318d21b8e681c14492fe198d362a7d2c83 # v6
        with:
          push: true
          provenance: false
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - uses: docker/build-push-action@263435318d21b8e681c14492fe198d362a7d2c83 # v6
        with:
          push: true
          provenance: mode=max
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/metadata/attestations/slsa-provenance/",),
    applies=gh.workflow,
)
