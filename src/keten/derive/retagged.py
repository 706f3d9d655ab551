"""Which workloads have an image that a kustomization replaces before it is applied.

A base often names an image without a tag, or with ``latest``, and a kustomization somewhere
gives the tag (``images:``). Where both are in the target, ``WORKLOAD -> retagged-by -> CHART``
is CLAIMED: that this kustomization is the one that is used is not known.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from keten.model.delivery import Chart
from keten.model.facts import Edge, Trust
from keten.model.kube import Workload

BY = "derive/objects"
MOST_PER_NAME = 20
"""Kustomizations that are named for one image; more say nothing new."""


def retagged(workloads: Iterable[Workload], charts: Iterable[Chart]) -> Iterator[Edge]:
    """Yield the edges from workloads to the kustomizations that replace an image of theirs."""
    by_name: dict[str, list[Chart]] = {}
    for chart in charts:
        if chart.tool == "kustomize" and not chart.rendered:
            for name in replaced(chart):
                found = by_name.setdefault(name, [])
                if len(found) < MOST_PER_NAME:
                    found.append(chart)
    for workload in workloads if by_name else ():
        for name in sorted({_name(c.image) for _, c in workload.pod.all_containers()}):
            for chart in by_name.get(name, ()):
                yield Edge(workload.ref, "retagged-by", chart.ref, Trust.CLAIMED, chart.id, BY)


def replaced(chart: Chart) -> Iterator[str]:
    """Yield the names of images to which a kustomization gives a tag or a digest."""
    images: Any = chart.spec.get("images")
    for item in images if isinstance(images, list) else ():
        match item:
            case {"name": str(name)} if item.get("newTag") or item.get("digest"):
                yield name
            case _:
                pass


def _name(image: str) -> str:
    """Return the image without tag and digest."""
    rest = image.partition("@")[0]
    head, slash, last = rest.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
