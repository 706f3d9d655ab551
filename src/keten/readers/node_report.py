"""What the node script (``keten node``) printed on a node."""

from collections.abc import Iterator

import msgspec

from keten.model.control_plane import Certificate, Kubeconfig, NodeFile
from keten.model.evidence import Link
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

_PUBLIC = (Certificate, Kubeconfig, NodeFile)


def read(source: Source) -> Facts:
    """Return the programs, files and configuration of one node."""
    from keten.formats.control_plane import node_report
    from keten.formats.control_plane.gathered import facts

    found = facts(node_report.read(source.data, source.path), source.path, "flags")
    return msgspec.structs.replace(found, looked=tuple(_looked(found)))


def _looked(found: Facts) -> Iterator[Looked]:
    """Yield what was looked at, by the need that each type of node has."""
    public = {node.ref for node in found.nodes if isinstance(node, _PUBLIC)}
    for item in found.looked:
        yield Looked(item.ref, "content" if item.ref in public else item.need)


READER = Reader(
    title="Report of a node",
    media_type="text/vnd.keten.node-report",
    read=read,
    link=Link.RUNTIME,
    names=("*.keten-node",),
    magic=(b"keten-node-repor",),
    ceiling=32 << 20,
)
