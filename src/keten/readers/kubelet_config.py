"""Configuration of kubelets, proxies and schedulers: files, /configz, kubeadm's config maps."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

if TYPE_CHECKING:
    from keten.formats.control_plane.gathered import Found

_ANY = lazy(
    rb"Kube(?:let|Proxy|Scheduler)Configuration|\"kube(?:let|proxy)config\"|kubeadm-config",
    re.ASCII,
)


def read(source: Source) -> Facts:
    """Return the components that a file configures."""
    if _ANY.search(source.data) is None:
        return Facts()
    from keten.formats.control_plane.gathered import facts
    from keten.formats.kubernetes.templates import role

    if role(source) != "object":
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import kubelet
    from keten.formats.control_plane.gathered import objects
    from keten.formats.control_plane.kubeadm import GROUP

    by_kubeadm = GROUP.encode() in source.data
    for value, fields, line in objects(source.data, _ANY):
        yield from kubelet.found(value, fields, source.path, line, by_kubeadm=by_kubeadm)


READER = Reader(
    title="Configuration of kubelets, kube-proxies and kube-schedulers",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(b"onfig",),
)
