"""Licences of Debian packages: keeps of each ``copyright`` file what the reader of dpkg asks for.

The files are large and many; what they name is some lines. It says nothing by itself: which
version of a package it belongs to stands in dpkg's database.
"""

from keten.formats.licences import debian_copyright
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source


def read(source: Source) -> Facts:  # noqa: ARG001 the reader of dpkg reads what was kept
    """Return nothing."""
    return Facts()


def sift(data: bytes) -> bytes:
    """Return the few bytes that name the licences."""
    return debian_copyright.digest(bytes(data[: debian_copyright.MAX_BYTES]))


READER = Reader(
    title="Licences of Debian packages",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    ceiling=16 << 20,
    names=("copyright",),
    scope=Scope.SYSTEM,
    sift=sift,
)
