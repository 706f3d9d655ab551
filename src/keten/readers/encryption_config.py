"""EncryptionConfiguration: what of the cluster's data is encrypted at rest, and how."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


def read(source: Source) -> Facts:
    """Return the encryption configurations of a file; no key is kept."""
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import server_files
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        yield from server_files.encryption(
            document.value, document.fields, source.path, document.line
        )


READER = Reader(
    title="Encryption at rest",
    media_type="application/yaml",
    read=read,
    link=Link.SECRETS,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(
        b"EncryptionConfig",
        b"providers",
    ),
)
