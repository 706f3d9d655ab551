"""Clusters as their clouds describe them: AKS, EKS and GKE, in JSON."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.errors import InputError
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


_MARKS = (b"Microsoft.ContainerService/", b'"resourcesVpcConfig"', b'"currentMasterVersion"')


def read(source: Source) -> Facts:
    """Return the clusters that the file describes; most JSON describes none."""
    if not any(mark in source.data for mark in _MARKS):
        return Facts()
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "content")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import managed
    from keten.formats.yaml.json_text import load

    try:
        document = load(source.data, 0)
    except InputError:
        return
    if document is not None:
        yield from managed.found(document.value, document.fields, source.path, document.line)


READER = Reader(
    title="Clusters as their clouds describe them",
    media_type="application/json",
    read=read,
    link=Link.ACCESS,
    names=("*.json",),
    marks=(b"{", b"name"),
    ceiling=16 << 20,
)
