"""Pipeline runs in an image that is not pinned.

The job's container is fetched anew at every run, by a tag that can be moved. Whoever controls
the image's repository, or the registry's account, runs code in the job beside its token and
secrets.

Tags of base images are also moved for honest reasons: then the pipeline builds today with another
toolchain than yesterday, and nothing says so.
"""

from collections.abc import Iterable

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Pipeline
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(pipeline: Pipeline, _view: View) -> Iterable[Violation]:
    """Report each image once: latest or no tag as MEDIUM, services of tests not by digest."""
    seen: set[str] = set()
    for at, image in _images(pipeline):
        if image in seen or "@sha256:" in image or "$" in image or not image:
            continue
        seen.add(image)
        tag = image.rpartition("/")[2].partition(":")[2]
        floating = tag in ("", "latest")
        what = "has no tag" if not tag else f"follows the tag {tag}"
        yield Violation(
            f"image {image.rpartition(':')[0] if tag else image} {what}",
            at=at,
            key=image,
            severity=Severity.MEDIUM if floating else None,
            change=Change(
                at, image, f"{image}@sha256:<digest>", f"Pin the images of {pipeline.id} to digests"
            ),
        )


def _images(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    for job in pipeline.jobs:
        word = "container" if pipeline.system == "github" else "image"
        yield f"{job.at}.{word}", job.image
        for step in job.steps:
            if step.uses.startswith("docker://"):
                yield f"{step.at}.uses", step.uses.removeprefix("docker://")


CHECK = Check(
    title="Pipeline runs in an image that is not pinned",
    subject=Pipeline,
    severity=Severity.LOW,
    needs=("pipeline",),
    fix=("Name the image by digest (image:tag@sha256:...), and let an update bot move it."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("owasp-cicd/3", "owasp-cicd/9", "slsa/dependencies", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    container: node:latest
    steps:
      - run: npm test
""",
    ),
    good=Example(
        ".github/workflows/ci.yml",
        """\
on: push
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    container: node:22@sha256:0f2d0b8a0d6e3d5e4c7e1f5a7b9c1d3e5f70819a2b3c4d5e6f708192a3b4c5d6
    steps:
      - run: npm test
""",
    ),
    run=run,
    refs=("https://docs.zizmor.sh/audits/#unpinned-images",),
)
