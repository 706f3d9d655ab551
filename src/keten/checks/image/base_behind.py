"""Image is not built on what its base is now.

A base image is rebuilt when something in it is fixed; an image that was built on an earlier one
has the faults that are gone from the base since, and nobody who reads its Dockerfile can see
that. With ``--base IMAGE`` keten compares layers: the image is up to date when the base's layers
are the first of its own.
"""

from collections.abc import Iterable
from datetime import date

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Image
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation
from keten.model.image import Content


def run(image: Image, _view: View) -> Iterable[Violation]:
    """Report layers that are not those of the base that was named, and how old both are."""
    content = image.content
    assert content is not None
    if content.base_trust == "other":
        yield Violation(
            f"its first layers are not those of {content.base}{_ages(content)}", key=content.base
        )


def _ages(content: Content) -> str:
    first = content.layers[0].created[:10] if content.layers else ""
    now = content.base_created[:10]
    try:
        days = (date.fromisoformat(now) - date.fromisoformat(first)).days
    except ValueError:
        return ""
    return f": its lowest layer is of {first}, the base of {now}, {days} days later" if days else ""


def applies(node: Node) -> bool:
    """Return whether somebody said what the image is built on."""
    return (
        isinstance(node, Image)
        and node.content is not None
        and node.content.base_trust in ("given", "other")
    )


CHECK = Check(
    title="Image is not built on what its base is now",
    subject=Image,
    severity=Severity.LOW,
    needs=("image",),
    fix="Build the image again on the base as it is now; pin the base by digest and let a robot "
    "raise it.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("cis-docker/4.4", "cis-docker/4.2", "nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3"),
    bad=Example(
        "$",
        "$ keten scan shop:1 --base debian:12-slim\nits first layers are not those of "
        "debian:12-slim: its lowest layer is of 2026-03-01, the base of 2026-11-02, 246 days "
        "later\n",
    ),
    good=Example("$", "$ keten scan shop:2 --base debian:12-slim\n"),
    run=run,
    applies=applies,
    refs=("https://github.com/opencontainers/image-spec/blob/main/annotations.md",),
)
