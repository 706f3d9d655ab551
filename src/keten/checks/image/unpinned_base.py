"""Base image is not pinned to a digest.

A tag is what the registry says it is today. Whoever gets the right to push it puts their code
under every image that is built on it; and two builds of one commit need not be the same image.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Report each base once: without a tag or with latest it is worse."""
    seen: set[str] = set()
    for index, stage in enumerate(dockerfile.stages):
        base = stage.base
        if stage.parent is not None or stage.unresolved or base in seen or base == "scratch":
            continue
        seen.add(base)
        _, tag, digest = recipe.split(base)
        if digest:
            continue
        floating = tag in ("", "latest")
        what = "has no tag" if not tag else f"follows the tag {tag[:60]}"
        at = f"stages[{index}].base"
        low = Severity.LOW if recipe.aside(dockerfile) else Severity.MEDIUM
        yield Violation(
            f"base {base.removesuffix(':' + tag)[:80]} {what}",
            at=at,
            key=base,
            severity=low if floating else None,
            change=Change(
                at, base, f"{base}@sha256:<digest>", f"Pin the base images of {dockerfile.id}"
            ),
        )


CHECK = Check(
    title="Base image is not pinned to a digest",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix=(
        "Write the digest behind the tag (FROM image:tag@sha256:...), and let an update bot "
        "move both."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=(
        "slsa/dependencies",
        "cis-docker/4.2",
        "nsa-cisa/trusted-images",
        "nis2/d",
        "pci-dss/6.3.2",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM node:latest
USER 10001
CMD ["node"]
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM node:24@sha256:0f2d0b8a0d6e3d5e4c7e1f5a7b9c1d3e5f70819a2b3c4d5e6f708192a3b4c5d6
USER 10001
CMD ["node"]
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",),
)
