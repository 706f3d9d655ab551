"""The control plane's programs, where pods run them: static pods, lists of a live cluster."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found

_KNOWN = lazy(rb"kube-(?:apiserver|controller-manager|scheduler|proxy)|hyperkube|etcd", re.ASCII)
_FLAGS = lazy(rb"--[a-z]|ETCD_|/etcd", re.ASCII)


def read(source: Source) -> Facts:
    """Return the components that the pods of a file run; most files run none."""
    if _KNOWN.search(source.data) is None or _FLAGS.search(source.data) is None:
        return Facts()
    from keten.formats.control_plane.gathered import facts
    from keten.formats.kubernetes.templates import role

    if role(source) != "object":
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import pods
    from keten.formats.control_plane.gathered import objects

    for value, fields, line in objects(source.data, _KNOWN):
        yield from pods.found(value, fields, source.path, line)


READER = Reader(
    title="Components of the control plane in pods",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.manifest"),
    marks=(b"containers", b"kind"),
)
