"""Audit policies of the API server."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


def read(source: Source) -> Facts:
    """Return the audit policies of a file."""
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import server_files
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        yield from server_files.audit_policy(
            document.value, document.fields, source.path, document.line
        )


READER = Reader(
    title="Audit policies",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(
        b"audit.k8s.io/",
        b"Policy",
    ),
)
