"""Image was built long ago.

An image is as new as its last build: whatever was fixed in its base and its packages since then
is not in it. Where images are rebuilt from time to time a fix needs nobody to remember it.

A creation date of 1970 or 1980 is that of a reproducible build and says nothing.
"""

from collections.abc import Iterable
from datetime import date

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Image
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation

DAYS = 365
_NOT_A_DAY = date(2000, 1, 1)


def run(image: Image, view: View) -> Iterable[Violation]:
    """Compare the day of the build with today."""
    built = _day(image)
    if built is not None and (age := (view.now - built).days) > DAYS:
        yield Violation(f"the image was built on {built}, {age} days ago")


def _day(image: Image) -> date | None:
    assert image.content is not None
    try:
        found = date.fromisoformat(image.content.created[:10])
    except ValueError:
        return None
    return found if found > _NOT_A_DAY else None


def applies(node: Node) -> bool:
    """Return whether the image says when it was built."""
    return isinstance(node, Image) and node.content is not None and _day(node) is not None


CHECK = Check(
    title="Image was built long ago",
    subject=Image,
    severity=Severity.LOW,
    needs=("image",),
    fix="Build it anew on a fresh base, and let the pipeline do so every month.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("cis-docker/4.4", "nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3"),
    bad=Example("$", '$ skopeo inspect docker://app:1 | jq .Created\n"2021-03-02T10:00:00Z"\n'),
    good=Example("$", '$ skopeo inspect docker://app:1 | jq .Created\n"2026-11-01T10:00:00Z"\n'),
    run=run,
    applies=applies,
    refs=("https://github.com/opencontainers/image-spec/blob/main/config.md",),
)
