"""Kubeconfigs: whom they call and how they log in; nothing secret of them is kept."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


def read(source: Source) -> Facts:
    """Return the kubeconfigs of a file, and the certificates in them."""
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "content")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import credentials
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        yield from credentials.kubeconfig(
            document.value, document.fields, source.path, document.line
        )


READER = Reader(
    title="Kubeconfigs",
    media_type="application/yaml",
    read=read,
    link=Link.ACCESS,
    names=(
        "*.yaml", "*.yml", "*.json", "*.conf", "*.kubeconfig", "kubeconfig", "kubeconfig.*",
    ),
    paths=("*.kube/config", ".kube/config"),
    marks=(b"clusters", b"users", b"contexts"),
    ceiling=4 << 20,
)  # fmt: skip
