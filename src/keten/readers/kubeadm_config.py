"""kubeadm's ClusterConfiguration, InitConfiguration and JoinConfiguration."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


def read(source: Source) -> Facts:
    """Return the components that kubeadm makes of its configuration."""
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import kubeadm
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        yield from kubeadm.found(document.value, document.fields, source.path, document.line)


READER = Reader(
    title="kubeadm's configuration",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(b"kubeadm.k8s.io/",),
)
