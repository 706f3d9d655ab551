"""k3s's and RKE2's configuration files."""

import re
from collections.abc import Iterator

from keten.formats.control_plane import k3s
from keten.formats.control_plane.gathered import Found, documents, facts
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

_ANY = re.compile(
    rb"^\"?(?:kube-[a-z-]+-arg|kubelet-arg|etcd-arg|cluster-init|secrets-encryption)\"?:",
    re.ASCII | re.MULTILINE,
)


def read(source: Source) -> Facts:
    """Return the components that the file configures."""
    if _ANY.search(source.data) is None or b"apiVersion:" in source.data:
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> Iterator[Found]:
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
