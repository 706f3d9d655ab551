"""Configuration files of the API server: admission, Pod Security, authentication, authorization."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found

_GROUPS = (
    b"apiserver.config.k8s.io/", b"apiserver.k8s.io/", b"pod-security.admission.config.k8s.io/",
)  # fmt: skip


def read(source: Source) -> Facts:
    """Return the configurations of a file."""
    from keten.formats.control_plane.gathered import facts

    if not any(group in source.data for group in _GROUPS):
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import server_files
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        yield from server_files.configuration(
            document.value, document.fields, source.path, document.line
        )


READER = Reader(
    title="Configuration of the API server",
    media_type="application/yaml",
    read=read,
    link=Link.ACCESS,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(b"Configuration", b"k8s.io/"),
)
