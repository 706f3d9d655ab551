"""Changes made to the records of objects, to judge again with them made.

What is proposed is the least that takes the step away; who makes it may do more.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.node_paths import grave, socket
from keten.cluster.paths.narrowing import without
from keten.cluster.paths.terms import Change, Means, Weakness
from keten.cluster.podsecurity.namespaces import LABEL
from keten.cluster.selectors import Labelled, selector
from keten.model.kube import (
    Binding,
    Namespace,
    NetworkPolicy,
    Object,
    Role,
    ServiceAccount,
    Workload,
)
from keten.model.pod import Capabilities, Container, PodSpec

_METADATA = "169.254.169.254/32"


def made(
    objects: Iterable[Object], changes: Iterable[Change], pods: Mapping[str, Peer]
) -> list[Object]:
    """Return *objects* with *changes* made; *pods* are the peers that changes of policy name."""
    by: dict[str, list[Change]] = {}
    for change in sorted(set(changes)):
        by.setdefault(change.subject, []).append(change)
    parts = {part for those in by.values() for change in those for part in change.parts}
    kept: list[Object] = []
    for item in objects:
        changed: Object | None = item
        mine = by.get(item.ref, [])
        for means in sorted({change.means for change in mine}):
            if changed is not None:
                changed = _changed(changed, means, [c for c in mine if c.means is means])
        if isinstance(changed, Role):
            changed = without(changed, parts)
        if isinstance(changed, Namespace) and any(
            change.means is Means.ENFORCE for change in by.get(item.name, ())
        ):
            labels = {**changed.labels, f"{LABEL}enforce": "baseline"}
            changed = structs.replace(changed, labels=labels)
        if changed is not None:
            kept.append(changed)
    for change in sorted(c for those in by.values() for c in those):
        if change.means in (Means.POLICY, Means.METADATA) and change.subject in pods:
            peer = pods[change.subject]
            if change.means is Means.POLICY:
                kept = [_narrowed(o, peer) if isinstance(o, NetworkPolicy) else o for o in kept]
            kept.append(_policy(change, peer))
    return kept


def left(
    weak: Mapping[str, tuple[Weakness, ...]], changes: Iterable[Change]
) -> dict[str, tuple[Weakness, ...]]:
    """Return the weaknesses that *changes* leave."""
    gone = {change.subject for change in changes if change.means is Means.UPGRADE}
    return {ref: tuple(w for w in known if w.id not in gone) for ref, known in weak.items()}


def _changed(item: Object, means: Means, changes: Iterable[Change]) -> Object | None:
    match means, item:
        case Means.ENTRY, _:
            return None
        case Means.BINDING, Binding():
            gone = {part.index for change in changes for part in change.parts}
            left_ = tuple(s for i, s in enumerate(item.subjects) if i not in gone)
            return structs.replace(item, subjects=left_)
        case ((Means.TOKEN | Means.USED_TOKEN), Workload()):
            pod = structs.replace(item.pod, automount_service_account_token=False)
            return structs.replace(item, pod=pod)
        case Means.HARDEN, Workload():
            return structs.replace(item, pod=_hardened(item.pod))
        case Means.CLOUD, ServiceAccount():
            return structs.replace(item, annotations={})
        case _:
            return item


def _hardened(pod: PodSpec) -> PodSpec:
    """Return *pod* without what leads to its node."""
    volumes = tuple(volume for volume in pod.volumes if not _leads_out(volume))
    return structs.replace(
        pod,
        volumes=volumes,
        containers=tuple(map(_contained, pod.containers)),
        init_containers=tuple(map(_contained, pod.init_containers)),
        ephemeral_containers=tuple(map(_contained, pod.ephemeral_containers)),
        host_pid=False,
    )


def _leads_out(volume: Mapping[str, Any]) -> bool:
    source = volume.get("hostPath")
    path = source.get("path") if isinstance(source, dict) else None
    return isinstance(path, str) and (grave(path) or socket(path))


def _contained(container: Container) -> Container:
    context = container.security_context
    if context is None:
        return container
    drop = context.capabilities.drop if context.capabilities else ()
    context = structs.replace(
        context, privileged=False, capabilities=Capabilities(drop=drop), windows_options=None
    )
    return structs.replace(container, security_context=context)


def _narrowed(policy: NetworkPolicy, peer: Peer) -> NetworkPolicy:
    """Return *policy* without what lets other pods reach *peer*, where it selects it."""
    wanted = selector(policy.spec.get("podSelector"))
    same = (policy.namespace or DEFAULT) == peer.namespace
    if not same or wanted is None or not Labelled([peer.labels]).any(wanted):
        return policy
    rules = policy.spec.get("ingress")
    kept = []
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict):
            said = rule.get("from") or _OUTSIDE
            kept.append({**rule, "from": [one for one in said if one.get("ipBlock")] or [_NOBODY]})
    return structs.replace(policy, spec={**policy.spec, "ingress": kept})


def _policy(change: Change, peer: Peer) -> NetworkPolicy:
    """Return a policy that keeps other pods from *peer*, or *peer* from the metadata address."""
    spec: dict[str, Any] = {"podSelector": {"matchLabels": dict(peer.labels)}}
    if change.means is Means.POLICY:
        spec |= {"policyTypes": ["Ingress"], "ingress": [{"from": _OUTSIDE}]}
    else:
        spec |= {"policyTypes": ["Egress"], "egress": [{"to": _ELSEWHERE}]}
    name = f"keten-{change.means}-{peer.name}"
    return NetworkPolicy(
        f"proposed:NetworkPolicy/{peer.namespace}/{name}",
        kind="NetworkPolicy",
        name=name,
        namespace=peer.namespace,
        spec=spec,
    )


_INNER = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
"""The blocks in which pods mostly have their addresses (RFC 1918, RFC 6598)."""
_OUTSIDE: list[dict[str, Any]] = [{"ipBlock": {"cidr": "0.0.0.0/0", "except": _INNER}}]
_NOBODY: dict[str, Any] = {"ipBlock": {"cidr": "255.255.255.255/32"}}
_ELSEWHERE: list[dict[str, Any]] = [
    {"namespaceSelector": {}},
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": [_METADATA]}},
]
