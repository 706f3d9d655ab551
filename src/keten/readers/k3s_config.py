"""k3s's and RKE2's configuration files."""

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
    rb"^\"?(?:kube-[a-z-]+-arg|kubelet-arg|etcd-arg|cluster-init|secrets-encryption)\"?:",
    re.ASCII | re.MULTILINE,
)


def read(source: Source) -> Facts:
    """Return the components that the file configures."""
    from keten.formats.control_plane.gathered import facts

    if _ANY.search(source.data) is None or b"apiVersion:" in source.data:
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> "Iterator[Found]":
    from keten.formats.control_plane import k3s
    from keten.formats.control_plane.gathered import documents

    for document in documents(source.data):
        if k3s.is_one(document.value):
            yield from k3s.found(document.value, document.fields, source.path, document.line)


READER = Reader(
    title="Configuration of k3s and RKE2",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("config.yaml", "config.yml", "*k3s*.yaml", "*rke2*.yaml"),
    paths=("*/config.yaml.d/*.yaml",),
    ceiling=4 << 20,
)
