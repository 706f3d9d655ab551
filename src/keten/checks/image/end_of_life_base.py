"""Base image gets no more security fixes.

After its end of life a distribution or language gets no fixes: every fault found since stands
open in the image. Many vulnerability databases stop following it as well, and then a scanner's
silence means nothing.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.checks.image._ages import ended
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(dockerfile: Dockerfile, view: View) -> Iterable[Violation]:
    """Compare the tag with the published ends; a builder's stage is low."""
    final = {index for index, _ in recipe.chain(dockerfile)}
    seen: set[str] = set()
    for index, stage in enumerate(dockerfile.stages):
        if stage.parent is not None or stage.unresolved or stage.base in seen:
            continue
        seen.add(stage.base)
        repository, tag, _ = recipe.split(stage.base)
        found = ended(repository, tag)
        if found is None or found[1] >= view.now:
            continue
        ships = index in final and not recipe.aside(dockerfile)
        yield Violation(
            f"{stage.base.partition('@')[0][:80]}: {found[0]} has had no fixes since {found[1]}",
            at=f"stages[{index}].base",
            key=found[0],
            severity=None if ships else Severity.LOW,
        )


CHECK = Check(
    title="Base image gets no more security fixes",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix="Move the base image to a release that is supported, and note when its support ends.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "cis-docker/4.4",
        "nsa-cisa/upgrades",
        "nis2/e",
        "pci-dss/6.3.3",
        "hipaa/164.308(a)(1)",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM python:3.8-slim-buster
USER 10001
CMD ["python"]
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM python:3.13-slim-bookworm
USER 10001
CMD ["python"]
""",
    ),
    run=run,
    refs=("https://endoflife.date",),
)
