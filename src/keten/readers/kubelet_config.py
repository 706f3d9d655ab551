"""Configuration of kubelets and kube-proxies: files, /configz, kubeadm's config maps."""

import re
from collections.abc import Iterator

from keten.formats.control_plane import kubelet
from keten.formats.control_plane.gathered import Found, documents, facts, items
from keten.formats.control_plane.kubeadm import GROUP
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

_ANY = re.compile(
    rb"KubeletConfiguration|KubeProxyConfiguration|\"kube(?:let|proxy)config\"|kubeadm-config",
    re.ASCII,
)


def read(source: Source) -> Facts:
    """Return the components that a file configures."""
    if _ANY.search(source.data) is None:
        return Facts()
    from keten.formats.kubernetes.templates import role

    if role(source) != "object":
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> Iterator[Found]:
    from keten.formats.kubernetes.listing import LONG, listing

    long = listing(source.data) if len(source.data) > LONG else None
    if long is not None:
        return
    by_kubeadm = GROUP.encode() in source.data
    for document in documents(source.data):
        value, fields, line = document.value, document.fields, document.line
        yield from kubelet.found(value, fields, source.path, line, by_kubeadm=by_kubeadm)
        head = str(value.get("kind") or "").removesuffix("List")
        for i, item in enumerate(items(value.get("items"))):
            if isinstance(item, dict):
                at = fields.get(f"items[{i}]", line)
                yield from kubelet.found({"kind": head} | item, {}, source.path, at)


READER = Reader(
    title="Configuration of kubelets and kube-proxies",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.conf"),
    marks=(b"onfig",),
)
