"""What a cluster serves and nobody looked at: named, so that silence is not taken for a pass."""

from collections.abc import Iterable, Sequence

from keten.model.facts import Node
from keten.model.kube import Cluster

_SHOWN = 12
_OWN = {"", "apps", "autoscaling", "batch", "extensions", "policy"}
_HOW = "keten snapshot --resource NAME lists more"


def not_looked_at(names: Sequence[str]) -> str:
    """Return a line on the custom resources among *names*, "" where there are none.

    Kubernetes' own that are left aside (events, leases, endpoints) say nothing of its posture.
    """
    custom = [name for name in names if not _own(name)]
    if not custom:
        return ""
    more = f" and {len(custom) - _SHOWN} more" if len(custom) > _SHOWN else ""
    kinds = "kind" if len(custom) == 1 else "kinds"
    shown = ", ".join(custom[:_SHOWN])
    return f"not looked at: {len(custom)} {kinds} of custom resources ({shown}{more}); {_HOW}"


def aside_notes(nodes: Iterable[Node]) -> list[str]:
    """Return what is to be told of the clusters among *nodes*."""
    told = [
        (node.id, line)
        for node in nodes
        if isinstance(node, Cluster) and (line := not_looked_at(node.aside))
    ]
    return [line if name == "." else f"{name}: {line}" for name, line in sorted(told)]


def _own(name: str) -> bool:
    """Return whether Kubernetes itself brings it, and no definition of a custom resource."""
    group = name.partition(".")[2]
    return group in _OWN or group in _NATIVE


_NATIVE = {
    f"{name}.k8s.io"
    for name in (
        "admissionregistration", "apiextensions", "apiregistration", "authentication",
        "authorization", "certificates", "coordination", "discovery", "events",
        "flowcontrol.apiserver", "imagepolicy", "internal.apiserver", "metrics", "networking",
        "node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration",
    )
}  # fmt: skip
