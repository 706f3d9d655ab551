"""Certificates of clusters, where their programs keep them: only what is public."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found


def read(source: Source) -> Facts:
    """Return the certificates of a file; a bundle of many, of whom to trust, says nothing."""
    from keten.formats.control_plane.gathered import facts

    return facts(_found(source), source.path, "content")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import credentials
    from keten.formats.control_plane.gathered import Found

    for node in credentials.certificates(source.data, source.path):
        yield Found(node, {})


READER = Reader(
    title="Certificates of clusters",
    media_type="application/x-pem-file",
    read=read,
    link=Link.RUNTIME,
    paths=(
        "*pki/*.crt", "*pki/*.pem", "*kubernetes/ssl/*.crt", "*kubernetes/ssl/*.pem",
        "*rancher/*/tls/*.crt",
    ),
    marks=(b"BEGIN CERTIFICATE",),
    ceiling=1 << 20,
)  # fmt: skip
